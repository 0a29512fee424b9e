package dev.cairn.engine;

import java.io.IOException;

/** Both directions of a step's terminal. One reader thread and one writer thread may use it at once. */
public interface TerminalChannel extends AutoCloseable {

    /** Blocks until the step writes output. Returns -1 when the terminal has gone. */
    int read(byte[] buffer) throws IOException;

    void write(byte[] bytes, int offset, int length) throws IOException;

    void resize(int rows, int columns) throws IOException;

    @Override
    void close();
}
