package dev.cairn.engine;

import java.nio.file.Path;

/** Where a step's standard streams go. */
public sealed interface StepIo {

    /**
     * Output goes directly to two files in append mode. Input comes from {@code stdin} ({@code /dev/null} or a spooled
     * file).
     */
    record Files(Path stdin, Path stdout, Path stderr) implements StepIo {}

    /** The supervisor holds a terminal for the step. Its output is also appended to {@code log}. */
    record Terminal(int rows, int columns, Path log) implements StepIo {}
}
