package dev.cairn.cli.terminal;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/**
 * The signals by which a person or a batch system asks a foreground command to stop. They are queued, so that a separate thread handles
 * them. Thread-safe.
 */
public final class Signals {

    /** The requests that signals, or keys in a raw terminal, represent. */
    public enum Stop {
        /** Ctrl-C. */
        INTERRUPT,
        /** The terminal has gone. */
        HANGUP,
        /** The host is needed for another purpose. */
        PREEMPT,
        /** The host will soon be needed for another purpose: a batch system's warning before a time limit. */
        WARNING;

        /** Whether a machine sent it, not a person. A run that it stops resumes by itself if possible. */
        public boolean isPreemption() {
            return this == PREEMPT || this == WARNING;
        }
    }

    private final BlockingQueue<Stop> arrived = new LinkedBlockingQueue<>();

    /** Takes over INT, HUP, TERM and USR1 of this process. */
    public static Signals install() {
        Signals signals = new Signals();
        handle("INT", () -> signals.send(Stop.INTERRUPT));
        handle("HUP", () -> signals.send(Stop.HANGUP));
        handle("TERM", () -> signals.send(Stop.PREEMPT));
        handle("USR1", () -> signals.send(Stop.WARNING));
        return signals;
    }

    /** Acts as if such a signal had arrived. */
    public void send(Stop stop) {
        arrived.add(stop);
    }

    /** The next signal, if one arrives within this time. */
    public Optional<Stop> await(long millis) throws InterruptedException {
        return Optional.ofNullable(arrived.poll(millis, TimeUnit.MILLISECONDS));
    }

    /** Waits for the next signal, without a time limit. */
    public Stop await() throws InterruptedException {
        return arrived.take();
    }

    /** Calls the action when the terminal's size has changed. */
    public static void onResize(Runnable action) {
        handle("WINCH", action);
    }

    private static void handle(String name, Runnable action) {
        Signal.handle(new Signal(name), signal -> action.run());
    }
}
