package dev.cairn.cli.run;

import dev.cairn.cli.terminal.Signals;
import dev.cairn.run.RunSession;
import dev.cairn.run.control.StopKind;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes the signals on to the run: the first one stops it with checkpoints, a further interrupt at once. A further
 * signal of another kind changes nothing, because many senders send it twice: timeout(1) to its child and to the group,
 * or kernel and shell when a terminal is closed. The sender kills the runner when its own time limit ends; until then
 * an image may still be completed. A separate daemon thread waits.
 */
final class StopRequests implements AutoCloseable {
    private final Signals signals;
    private final RunSession session;
    private final SessionView view;
    private final Set<Signals.Stop> told = ConcurrentHashMap.newKeySet();
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
            while (true) {
                Signals.Stop stop = signals.await();
                boolean first = told.isEmpty();
                told.add(stop);
                if (first || stop == Signals.Stop.INTERRUPT) {
                    pass(stop, first);
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Signals.Stop stop, boolean first) {
        view.say(first ? firstWords(stop) : "cairn: stopping at once");
        session.stop(
                stop.isPreemption() ? StopKind.PREEMPT : StopKind.INTERRUPT,
                stop.isPreemption() ? "preemption" : "interrupt");
    }

    /** The signal that has arrived so far. */
    Set<Signals.Stop> told() {
        return Set.copyOf(told);
    }

    private static String firstWords(Signals.Stop stop) {
        return stop.isPreemption()
                ? "cairn: preempted: checkpointing and stopping"
                : "cairn: checkpointing and stopping; once more stops at once";
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
