package dev.cairn.engine.supervised;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.TerminalChannel;
import java.io.IOException;
import java.util.Arrays;

/**
 * A step's terminal, reached through the control socket. One reader and one writer may use it at once. Closing it wakes
 * the reader.
 */
final class SupervisedTerminal implements TerminalChannel {
    private final Resize resize;
    private final SharedHandle handle;

    /** Sets the size of the step's terminal. */
    @FunctionalInterface
    interface Resize {
        void to(int rows, int columns) throws EngineException;
    }

    /** @param handle a {@code cairn_terminal}; closed with this */
    SupervisedTerminal(Resize resize, SharedHandle handle) {
        this.resize = resize;
        this.handle = handle;
    }

    @Override
    public int read(byte[] buffer) throws IOException {
        LibCairn.CairnError error = new LibCairn.CairnError();
        try {
            int n = handle.use(
                    t -> LibCairn.check(LibCairn.cairn_terminal_read(t, buffer, buffer.length, error), error));
            return n == 0 ? -1 : n;
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        LibCairn.CairnError error = new LibCairn.CairnError();
        byte[] portion = Arrays.copyOfRange(bytes, offset, offset + length);
        try {
            handle.use(t -> LibCairn.check(LibCairn.cairn_terminal_write(t, portion, length, error), error));
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void resize(int rows, int columns) throws IOException {
        try {
            resize.to(rows, columns);
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            handle.use(t -> {
                LibCairn.cairn_terminal_close(t);
                return true;
            });
        } catch (IllegalStateException closedBefore) {
            return;
        }
        handle.close();
    }
}
