package dev.cairn.cli.trial;

import dev.cairn.engine.CheckpointPolicy;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.Rollback;
import dev.cairn.engine.StepIo;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.files.Presence;
import dev.cairn.host.Umask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The step of a trial, over all its attempts, in a temporary home. Its file changes are journalled, so that every start
 * from the beginning finds the same files as the first. Confined to one thread.
 */
final class TriedStep {
    private static final Duration MEAN_TIME_BETWEEN_FAILURES = Duration.ofDays(1);
    private static final long JOURNAL_BYTES = 4L << 30;
    /** How many images stay: all of a trial, so that any of them can be examined while it runs. */
    private final int keep;

    private final Checkpointer engine;
    private final Path home;
    private final TriedCommand command;
    private int attempts;

    /** @param home an empty folder that no other user can write to */
    TriedStep(Checkpointer engine, Path home, TriedCommand command, int keep) throws IOException {
        this.engine = engine;
        this.home = home;
        this.command = command;
        this.keep = keep;
        Files.createDirectory(temporary());
    }

    /**
     * Starts it from the beginning, with the files as they were before the trial. Its output goes to files of that
     * name.
     */
    StepProcess start(String output) throws EngineException, IOException {
        forgetItsFailure();
        return start(command.words(), output, attempts == 0 ? Optional.empty() : Optional.of(beginning()));
    }

    StepProcess resume(Path image, String output) throws EngineException, IOException {
        return start(command.words(), output, Optional.of(image));
    }

    /** Restores the files to their state before the trial, if anything was started. */
    void undo() throws EngineException, IOException, InterruptedException {
        if (Presence.isThere(beginning())) {
            forgetItsFailure();
            try (StepProcess nothing = start(List.of("/bin/true"), "undo", Optional.of(beginning()))) {
                nothing.awaitExit(Duration.ofMinutes(1));
            }
        }
    }

    /** Copies the output, because the next start from the beginning also rolls back its files. */
    void keep(String output) throws IOException {
        Files.copy(home.resolve(output + ".out"), stdout(output), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(home.resolve(output + ".err"), stderr(output), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The output that {@link #keep} copied. */
    Path stdout(String output) {
        return home.resolve(output + ".stdout");
    }

    Path stderr(String output) {
        return home.resolve(output + ".stderr");
    }

    /** The files that had to be rolled back, without those of the home. */
    SortedSet<Path> changedFiles() throws IOException {
        SortedSet<Path> files = new TreeSet<>();
        for (int attempt = 1; attempt <= attempts; attempt++) {
            ChangedFiles.undone(attempt(attempt).resolve("undone")).stream()
                    .filter(file -> !file.startsWith(home))
                    .forEach(files::add);
        }
        return files;
    }

    private StepProcess start(List<String> words, String output, Optional<Path> image)
            throws EngineException, IOException {
        Path attempt = attempt(++attempts);
        Files.createDirectories(attempt);
        Map<String, String> environment = new TreeMap<>(command.environment());
        environment.put("TMPDIR", temporary().toString());
        return engine.start(new StepLaunch(
                attempt,
                home.resolve("checkpoints"),
                words,
                command.workingDirectory(),
                environment,
                Umask.current(),
                false,
                new StepIo.Files(command.input(), home.resolve(output + ".out"), home.resolve(output + ".err")),
                new CheckpointPolicy(
                        new CheckpointPolicy.Interval.OnRequest(),
                        MEAN_TIME_BETWEEN_FAILURES,
                        keep,
                        1,
                        0,
                        Optional.empty(),
                        false,
                        JOURNAL_BYTES,
                        false),
                Optional.empty(),
                Duration.ZERO,
                Duration.ZERO,
                new Rollback(true, List.of(temporary())),
                image,
                false,
                Map.of(),
                false,
                Optional.empty(),
                Map.of(),
                Optional.empty()));
    }

    /**
     * Normally, a command that is retried after its own failure finds its files as it left them. In a trial they are
     * rolled back then, too.
     */
    private void forgetItsFailure() throws IOException {
        Files.deleteIfExists(home.resolve("checkpoints").resolve("journal").resolve("settled"));
    }

    /** An image that holds only files. A resume from it rolls the files back and starts the command. */
    private Path beginning() {
        return home.resolve("checkpoints").resolve("000000");
    }

    private Path attempt(int number) {
        return home.resolve("attempts").resolve(Integer.toString(number));
    }

    private Path temporary() {
        return home.resolve("tmp");
    }
}
