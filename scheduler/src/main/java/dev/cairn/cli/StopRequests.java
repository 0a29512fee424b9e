package dev.cairn.cli;

import dev.cairn.cli.terminal.Signals;
import dev.cairn.run.RunSession;
import dev.cairn.run.walk.StopKind;

/**
 * Passes the signals on to the run: the first one stops it with checkpoints, a further one at once. The waiting is done by a daemon
 * thread of its own.
 */
final class StopRequests implements AutoCloseable {
    private final Signals signals;
    private final RunSession session;
    private final SessionView view;
    private final Thread thread = new Thread(this::obey, "signals");

    StopRequests(Signals signals, RunSession session, SessionView view) {
        this.signals = signals;
        this.session = session;
        this.view = view;
        thread.setDaemon(true);
    }

    void begin() {
        thread.start();
    }

    private void obey() {
        try {
            for (boolean first = true; ; first = false) {
                Signals.Stop stop = signals.await();
                view.say(first ? firstWords(stop) : "cairn: stopping at once");
                session.stop(
                        stop == Signals.Stop.PREEMPT ? StopKind.PREEMPT : StopKind.INTERRUPT,
                        stop == Signals.Stop.PREEMPT ? "preemption" : "interrupt");
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static String firstWords(Signals.Stop stop) {
        return stop == Signals.Stop.PREEMPT
                ? "cairn: preempted: checkpointing and stopping"
                : "cairn: checkpointing and stopping; once more stops at once";
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
