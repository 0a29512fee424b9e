package dev.cairn.daemon;

import dev.cairn.run.StepRunner;
import java.io.IOException;
import java.nio.file.Path;

/** Provides the runner of a home. Thread-safe. */
@FunctionalInterface
public interface Runners {
    /** @param home the folder that holds the runs; made when missing */
    StepRunner of(Path home) throws IOException;
}
