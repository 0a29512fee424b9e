package dev.cairn.cli.terminal;

import dev.cairn.engine.TerminalChannel;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries typed input to the step's terminal. There may be several such terminals, one after the other. Keys for Cairn
 * are removed on the way. The step's output comes from its log, which also holds the output from times without an
 * attached terminal. Thread-safe.
 */
public final class TerminalRelay {
    /**
     * How many portions of input are queued. If the step does not read them, further ones are dropped, as terminals do.
     */
    private static final int MOST_UNREAD = 1024;

    private final IntPredicate ours;
    private final BlockingQueue<byte[]> typed = new ArrayBlockingQueue<>(MOST_UNREAD);
    private volatile @Nullable TerminalChannel step;

    /** @param ours receives every typed byte; true means that the step must not get it */
    public TerminalRelay(IntPredicate ours) {
        this.ours = ours;
    }

    /**
     * Begins to carry input, in two daemon threads. One reads the keyboard, because a read cannot be cancelled and
     * Cairn's keys must work even while the step reads no input. The other passes the input on.
     */
    public void carryInput(InputStream keyboard) {
        start("keyboard", () -> readKeys(keyboard));
        start("typing", this::handOn);
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void readKeys(InputStream keyboard) {
        byte[] buffer = new byte[4096];
        try {
            for (int n = keyboard.read(buffer); n >= 0; n = keyboard.read(buffer)) {
                typed.offer(Arrays.copyOf(buffer, withoutOurs(buffer, n)));
            }
        } catch (IOException gone) {
            // the keyboard is gone; a signal reports that
        }
    }

    private void handOn() {
        try {
            while (true) {
                byte[] keys = typed.take();
                try {
                    joined().write(keys, 0, keys.length);
                } catch (IOException ended) {
                    // the step's terminal is gone; another event reports the end
                }
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for a step's terminal. Input that is typed before the step starts, or between two attempts, is for the next
     * one.
     */
    private synchronized TerminalChannel joined() throws InterruptedException {
        while (step == null) {
            wait();
        }
        return step;
    }

    private synchronized void join(@Nullable TerminalChannel channel) {
        step = channel;
        notifyAll();
    }

    private int withoutOurs(byte[] bytes, int length) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            if (!ours.test(bytes[i])) {
                bytes[kept++] = bytes[i];
            }
        }
        return kept;
    }

    /** Connects to a step's terminal until that is gone. */
    public void join(TerminalChannel channel, LocalTerminal.Size size) throws IOException {
        channel.resize(size.rows(), size.columns());
        join(channel);
        try {
            byte[] passedOver = new byte[1 << 16];
            while (channel.read(passedOver) >= 0) {
                // the log has it
            }
        } finally {
            join(null);
        }
    }

    /** Sets the size of the step's terminal to that of the user's. */
    public void resize(LocalTerminal.Size size) {
        TerminalChannel to = step;
        if (to != null) {
            try {
                to.resize(size.rows(), size.columns());
            } catch (IOException ended) {
                // as in type
            }
        }
    }
}
