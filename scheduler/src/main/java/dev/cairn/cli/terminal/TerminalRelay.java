package dev.cairn.cli.terminal;

import dev.cairn.engine.TerminalChannel;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries what is typed to the step's terminal, of which there may be several, one after the other. Keys that are ours are
 * taken out on the way. What the step shows comes from its log, where nothing is missing that it showed before we joined, or
 * while nobody had. Thread-safe.
 */
public final class TerminalRelay {
    private final IntPredicate ours;
    private volatile @Nullable TerminalChannel step;

    /** @param ours is told every byte that is typed; true keeps it from the step */
    public TerminalRelay(IntPredicate ours) {
        this.ours = ours;
    }

    /** Begins to carry what is typed, in a daemon thread, since a read of the keyboard cannot be called off. */
    public void carryInput(InputStream keyboard) {
        Thread thread = new Thread(() -> pumpInput(keyboard), "keyboard");
        thread.setDaemon(true);
        thread.start();
    }

    private void pumpInput(InputStream keyboard) {
        byte[] buffer = new byte[4096];
        try {
            for (int n = keyboard.read(buffer); n >= 0; n = keyboard.read(buffer)) {
                type(buffer, withoutOurs(buffer, n));
            }
        } catch (IOException gone) {
            // the keyboard has gone; that is told by a signal
        }
    }

    private void type(byte[] bytes, int length) {
        TerminalChannel to = step;
        if (to != null && length > 0) {
            try {
                to.write(bytes, 0, length);
            } catch (IOException ended) {
                // the step's terminal has gone, and its end is told elsewhere
            }
        }
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

    /** Joins a step's terminal until it has gone. */
    public void join(TerminalChannel channel, LocalTerminal.Size size) throws IOException {
        channel.resize(size.rows(), size.columns());
        step = channel;
        try {
            byte[] passedOver = new byte[1 << 16];
            while (channel.read(passedOver) >= 0) {
                // the log has it
            }
        } finally {
            step = null;
        }
    }

    /** Tells the step's terminal the size of the person's. */
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
