package dev.cairn.run.manifest;

import java.io.IOException;

/** Asked before each publication of a manifest document. */
@FunctionalInterface
public interface WriteGuard {
    /** @throws IOException when this process may no longer write to the run */
    void check() throws IOException;
}
