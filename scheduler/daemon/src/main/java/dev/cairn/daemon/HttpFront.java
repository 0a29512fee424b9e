package dev.cairn.daemon;

import dev.cairn.run.event.RunListener;
import dev.cairn.schedule.store.Database;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Opens the HTTP service of a daemon. */
@FunctionalInterface
public interface HttpFront {
    /**
     * The parts of the daemon that it serves.
     *
     * @param metrics in the text format of Prometheus
     * @param listener receives the events of the runs that it starts
     * @param tell writes a line to the daemon's log
     */
    record Daemon(
            Database database,
            Supplier<String> metrics,
            Runners runners,
            RunListener listener,
            Consumer<String> tell) {}

    /** @throws DaemonException if the port is taken */
    Open open(Daemon daemon) throws IOException, DaemonException;

    /** The open port. Closing it waits until the runs that it started have stopped. */
    interface Open extends AutoCloseable {
        String address();

        /** Asks the runs that it started to checkpoint and stop. A second call detaches from them at once. */
        void stopRuns();

        @Override
        void close();
    }
}
