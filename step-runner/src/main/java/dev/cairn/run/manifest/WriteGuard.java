package dev.cairn.run.manifest;

import java.io.IOException;
import java.nio.file.Path;

/** Asked before each publication of a manifest document. */
@FunctionalInterface
public interface WriteGuard {
    /** @throws IOException when this process may no longer write to the run */
    void check() throws IOException;

    /** Something that leaves a file or folder as wanted, however often it is repeated. */
    @FunctionalInterface
    interface Write {
        void run() throws IOException;
    }

    /**
     * Writes, when {@link #check} allows it.
     *
     * @param file for a person
     */
    default void publish(Path file, Write write) throws IOException {
        check();
        write.run();
    }
}
