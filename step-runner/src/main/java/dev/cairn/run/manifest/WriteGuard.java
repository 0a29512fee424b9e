package dev.cairn.run.manifest;

import java.io.IOException;
import java.nio.file.Path;

/** Checked before each publication of a manifest document. */
@FunctionalInterface
public interface WriteGuard {
    /** @throws IOException if this process may no longer write to the run */
    void check() throws IOException;

    /** A write that may be repeated: it leaves a file or folder as wanted each time. */
    @FunctionalInterface
    interface Write {
        void run() throws IOException;
    }

    /**
     * Writes if {@link #check} allows it.
     *
     * @param file the file's name for a person
     */
    default void publish(Path file, Write write) throws IOException {
        check();
        write.run();
    }
}
