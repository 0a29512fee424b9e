package dev.cairn.trigger;

import org.quartz.spi.ThreadPool;

/**
 * Runs jobs in the scheduler's own thread: a tick is passed on at once, and the threads of Quartz's own pool wake twice
 * a second to look for work. Quartz creates it by its class name in the settings.
 */
public final class SchedulerThreadPool implements ThreadPool {
    /** How many triggers Quartz takes in one transaction. */
    static final int BATCH = 50;

    @Override
    public boolean runInThread(Runnable job) {
        job.run();
        return true;
    }

    @Override
    public int blockForAvailableThreads() {
        return BATCH;
    }

    @Override
    public int getPoolSize() {
        return 1;
    }

    @Override
    public void initialize() {
        // has no threads
    }

    @Override
    public void shutdown(boolean wait) {
        // has no threads
    }

    @Override
    public void setInstanceId(String id) {
        // names no threads
    }

    @Override
    public void setInstanceName(String name) {
        // names no threads
    }
}
