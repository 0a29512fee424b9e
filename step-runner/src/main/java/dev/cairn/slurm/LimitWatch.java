package dev.cairn.slurm;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns in time before the job's limit, whether or not the batch script asked for a signal. Asks Slurm once when the
 * job has run for some seconds, so that short jobs never ask. Asks once more when the time has come, because an
 * administrator may have moved the limit. Thread-safe; a separate daemon thread waits.
 */
public final class LimitWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LimitWatch.class);
    private static final Duration BESIDES_THE_IMAGE = Duration.ofSeconds(60);
    private static final int IMAGES = 2;
    private static final int LARGEST_PART = 4;
    /** Slurm's limits are whole minutes. */
    private static final Duration FIRST = Duration.ofSeconds(5);

    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);

    private final BatchJob job;
    private final Slurm slurm;
    private final Clock clock;
    private final Consumer<Instant> known;
    private final Runnable near;
    private final Thread thread = new Thread(this::watch, "job-limit");
    private Duration longestImage = Duration.ZERO;
    private boolean closed;

    /**
     * @param known receives the end of the job's time limit
     * @param near called once, when it is time for a checkpoint
     */
    public LimitWatch(BatchJob job, Slurm slurm, Clock clock, Consumer<Instant> known, Runnable near) {
        this.job = job;
        this.slurm = slurm;
        this.clock = clock;
        this.known = known;
        this.near = near;
        thread.setDaemon(true);
    }

    public void begin() {
        thread.start();
    }

    /** Records how long an image took; the next one may take as long. */
    public synchronized void imageTook(Duration time) {
        if (time.compareTo(longestImage) > 0) {
            longestImage = time;
            notifyAll();
        }
    }

    /**
     * How long before the limit to checkpoint: a minute plus twice the time of the longest image, but at most a quarter of the whole time.
     */
    static Duration lead(Duration limit, Duration longestImage) {
        Duration wanted = BESIDES_THE_IMAGE.plus(longestImage.multipliedBy(IMAGES));
        Duration most = limit.dividedBy(LARGEST_PART);
        return wanted.compareTo(most) < 0 ? wanted : most;
    }

    private void watch() {
        try {
            Thread.sleep(FIRST.toMillis());
            Optional<JobInfo> info = ask();
            info.flatMap(JobInfo::endTime).ifPresent(known);
            while (info.isPresent()
                    && info.get().timeLimit().isPresent()
                    && info.get().endTime().isPresent()
                    && awaitLead(info.get())) {
                Optional<JobInfo> again = ask();
                if (again.isEmpty() || again.get().endTime().equals(info.get().endTime())) {
                    near.run();
                    return;
                }
                info = again;
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Repeats the question until Slurm answers, because it may be restarting. */
    private Optional<JobInfo> ask() throws InterruptedException {
        while (true) {
            try {
                return slurm.job(job.id());
            } catch (SlurmException e) {
                if (e.kind() == SlurmException.Kind.MISSING) {
                    return Optional.empty();
                }
                LOG.warn("the time limit of job {} is not known: {}", job.id(), e.getMessage());
                Thread.sleep(ASK_AGAIN.toMillis());
            }
        }
    }

    /** @return false if this object was closed meanwhile */
    private synchronized boolean awaitLead(JobInfo info) throws InterruptedException {
        Instant end = info.endTime().orElseThrow();
        while (!closed) {
            Duration limit = info.timeLimit().orElseThrow();
            long left = Duration.between(clock.instant(), end.minus(lead(limit, longestImage)))
                    .toMillis();
            if (left <= 0) {
                return true;
            }
            wait(left);
        }
        return false;
    }

    @Override
    public synchronized void close() {
        closed = true;
        thread.interrupt();
    }
}
