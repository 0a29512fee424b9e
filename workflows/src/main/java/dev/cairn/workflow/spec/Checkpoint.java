package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Place;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * {@code checkpoint}; immutable.
 *
 * @param place the place of the mapping; empty if it is absent
 * @param storage the content of images and their storage
 */
public record Checkpoint(
        Optional<Place> place,
        Optional<String> engine,
        Optional<Boolean> required,
        Optional<Every> every,
        Optional<Duration> meanTimeBetweenFailures,
        Optional<Duration> beforeTimeout,
        Storage storage,
        App app) {

    public static final Checkpoint NONE = new Checkpoint(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Storage.NONE,
            App.NONE);

    Checkpoint over(Checkpoint defaults) {
        return new Checkpoint(
                place,
                engine.or(defaults::engine),
                required.or(defaults::required),
                every.or(defaults::every),
                meanTimeBetweenFailures.or(defaults::meanTimeBetweenFailures),
                beforeTimeout.or(defaults::beforeTimeout),
                storage.over(defaults.storage),
                app.over(defaults.app));
    }

    /**
     * @param compression zstd level, 0 stores plain
     * @param journalBytes bytes that the journal may keep; 0 turns it off
     * @param ioUring whether the program may use io_uring
     */
    public record Storage(
            Optional<Integer> keep,
            Optional<Integer> compression,
            Optional<Long> minFreeBytes,
            Optional<Boolean> keepBinaries,
            Optional<Long> journalBytes,
            Optional<Boolean> ioUring) {

        static final Storage NONE = new Storage(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        Storage over(Storage defaults) {
            return new Storage(
                    keep.or(defaults::keep),
                    compression.or(defaults::compression),
                    minFreeBytes.or(defaults::minFreeBytes),
                    keepBinaries.or(defaults::keepBinaries),
                    journalBytes.or(defaults::journalBytes),
                    ioUring.or(defaults::ioUring));
        }
    }

    /** Settings of the engine {@code app}. */
    public record App(
            Optional<String> signal,
            Optional<List<String>> files,
            Optional<Template> resumeRun,
            Optional<Duration> settle) {

        static final App NONE = new App(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        public boolean isEmpty() {
            return signal.isEmpty() && files.isEmpty() && resumeRun.isEmpty() && settle.isEmpty();
        }

        App over(App defaults) {
            return new App(
                    signal.or(defaults::signal),
                    files.or(defaults::files),
                    resumeRun.or(defaults::resumeRun),
                    settle.or(defaults::settle));
        }
    }
}
