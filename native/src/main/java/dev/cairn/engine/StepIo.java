package dev.cairn.engine;

import java.nio.file.Path;

/** Where a step's standard streams go. */
public sealed interface StepIo {

    /** Straight to two files in append mode; input from {@code stdin} ({@code /dev/null} or a spooled file). */
    record Files(Path stdin, Path stdout, Path stderr) implements StepIo {}

    /** A terminal held by the supervisor; what it shows is also appended to {@code log}. */
    record Terminal(int rows, int columns, Path log) implements StepIo {}
}
