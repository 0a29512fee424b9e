package dev.cairn.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A person's terminal while it shows the output of a step's own terminal, and the modes in which that output leaves it.
 * Thread-safe.
 */
public final class Screen extends OutputStream {
    private final OutputStream terminal;
    private final TerminalModes modes = new TerminalModes();

    /** @param terminal a terminal in the state in which a shell has it */
    Screen(OutputStream terminal) {
        this.terminal = terminal;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
        modes.scan(bytes, from, length);
        terminal.write(bytes, from, length);
    }

    @Override
    public void flush() throws IOException {
        terminal.flush();
    }

    /** Prepares the screen for the log from this offset on, or for output behind its end. */
    synchronized void goOnFrom(Path log, long offset) throws IOException {
        become(TerminalModes.after(log, offset));
    }

    /** Restores the terminal for the shell. */
    synchronized void giveBack() throws IOException {
        become(new TerminalModes());
    }

    private void become(TerminalModes wanted) throws IOException {
        write(modes.to(wanted).getBytes(StandardCharsets.US_ASCII));
        flush();
    }
}
