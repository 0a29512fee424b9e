package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Every;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * When and how a step is checkpointed; immutable.
 *
 * @param engine {@code native}, {@code app}, {@code dmtcp}, {@code criu} or {@code none}
 * @param required whether the step must not start on a host that cannot checkpoint it
 * @param meanTimeBetweenFailures for {@link Every.Auto}
 * @param keep images that stay at least, >= 1
 * @param compression zstd level, 0 stores plain
 * @param minFreeBytes with less free space, a checkpoint is skipped
 * @param beforeTimeout how long before the timeout the step gets a last checkpoint
 * @param keepBinaries whether mapped executables and libraries are kept with the images
 * @param journalBytes bytes that the journal of its file changes may keep; 0 for no journal
 * @param ioUring whether the program may use io_uring; while it does, it cannot be checkpointed
 * @param app settings of the engine {@code app}
 */
public record CheckpointPlan(
        String engine,
        boolean required,
        Every every,
        Duration meanTimeBetweenFailures,
        int keep,
        int compression,
        long minFreeBytes,
        Optional<Duration> beforeTimeout,
        boolean keepBinaries,
        long journalBytes,
        boolean ioUring,
        Optional<App> app) {

    public static final CheckpointPlan DEFAULT = new CheckpointPlan(
            "native",
            true,
            new Every.Auto(),
            Duration.ofHours(24),
            2,
            1,
            256L << 20,
            Optional.empty(),
            false,
            4L << 30,
            false,
            Optional.empty());

    /**
     * A program that saves its own state.
     *
     * @param signal its name without SIG, sent to ask for a save; empty if the program saves on its own schedule
     * @param files the files that it saves, relative to the working directory
     * @param resumeRun the command that resumes from them, in place of {@code run}; empty repeats {@code run}
     * @param settle how long the files must be unchanged to count as saved
     */
    public record App(Optional<String> signal, List<String> files, Optional<Template> resumeRun, Duration settle) {
        public App {
            files = List.copyOf(files);
        }
    }
}
