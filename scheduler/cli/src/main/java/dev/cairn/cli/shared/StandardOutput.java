package dev.cairn.cli.shared;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Standard output that remembers its failure, which {@link java.io.PrintStream} hides. Thread-safe. */
public final class StandardOutput extends FileOutputStream {
    private volatile @Nullable IOException failure;

    public StandardOutput() {
        super(FileDescriptor.out);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            super.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /** The reason why output is missing; empty if the reader closed the pipe, because it needed no more. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure)
                .map(IOException::getMessage)
                .filter(reason -> !reason.equals("Broken pipe"));
    }
}
