package dev.cairn.run;

import dev.cairn.run.manifest.CommandOrigin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A command to be run as a checkpointed step.
 *
 * <pre>{@code
 * CheckpointedCommand.of("python3", "count.py").named("count").every(Duration.ofMinutes(5))
 * }</pre>
 *
 * A builder: each method changes it and returns it. Confined to one thread.
 */
public final class CheckpointedCommand {
    private final List<String> words;
    private Path folder = Path.of("").toAbsolutePath();
    private @Nullable String name;
    private boolean fresh;
    private Map<String, String> environment = Map.of();
    private String engine = "native";
    private long everyMillis;
    private OptionalInt compression = OptionalInt.empty();
    private boolean baselineCpu;
    private boolean keepBinaries;
    private final List<String> rollback = new ArrayList<>();
    private OptionalLong timeoutMillis = OptionalLong.empty();
    private int retries;
    private CommandOrigin.@Nullable TerminalSize terminal;
    private @Nullable Path input;
    private ResumeOptions options = ResumeOptions.NONE;

    private CheckpointedCommand(List<String> words) {
        this.words = List.copyOf(words);
    }

    /** The program, found by PATH, and its arguments; in the current folder, checkpointed as often as is worthwhile. */
    public static CheckpointedCommand of(List<String> words) {
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command needs a program");
        }
        return new CheckpointedCommand(words);
    }

    public static CheckpointedCommand of(String... words) {
        return of(List.of(words));
    }

    /** Where it runs. */
    public CheckpointedCommand in(Path workingFolder) {
        folder = workingFolder.toAbsolutePath().normalize();
        return this;
    }

    /**
     * A name by which the run is found again: while one of that name and command has not ended, running the command
     * means going on with it. Without one it gets the program's name, with a number if that is taken.
     */
    public CheckpointedCommand named(String runName) {
        name = runName;
        return this;
    }

    /** Does not go on with an unfinished run of that name. */
    public CheckpointedCommand startingNew() {
        fresh = true;
        return this;
    }

    /** Variables laid over this process's own. They are written to the manifest: no secrets. */
    public CheckpointedCommand environment(Map<String, String> variables) {
        environment = Map.copyOf(variables);
        return this;
    }

    /** One of the engines that the runner was given; {@code native} if nothing is said. */
    public CheckpointedCommand engine(String engineName) {
        engine = engineName;
        return this;
    }

    /** Between checkpoints; without it Cairn weighs what they cost. */
    public CheckpointedCommand every(Duration interval) {
        everyMillis = Math.max(1, interval.toMillis());
        return this;
    }

    /** Checkpoints only on request and on a stop. */
    public CheckpointedCommand onRequestOnly() {
        everyMillis = -1;
        return this;
    }

    /** The zstd level of its images, 1 to 19; 0 stores them plain. */
    public CheckpointedCommand compression(int level) {
        compression = OptionalInt.of(level);
        return this;
    }

    /** Holds libraries to x86-64-v2, so that its images fit other machines of a mixed cluster. */
    public CheckpointedCommand onBaselineCpu() {
        baselineCpu = true;
        return this;
    }

    /** Keeps mapped programs and libraries with its images: it goes on also where these have been upgraded. */
    public CheckpointedCommand keepingBinaries() {
        keepBinaries = true;
        return this;
    }

    /**
     * A file, or a folder with everything below it, that goes back with the command as a whole: rewritten files come
     * back from copies, new ones are moved away. What it only appends to needs none of this. The folder must be its own.
     *
     * @param path relative to where it runs; call {@link #in} first
     */
    public CheckpointedCommand rollingBack(Path path) {
        rollback.add(folder.resolve(path).normalize().toString());
        return this;
    }

    /** Running time in all, over every attempt. */
    public CheckpointedCommand timeout(Duration runningTime) {
        timeoutMillis = OptionalLong.of(runningTime.toMillis());
        return this;
    }

    /** How often it is tried again when it fails. */
    public CheckpointedCommand retries(int max) {
        retries = max;
        return this;
    }

    /** Gives it a terminal of its own, of this size at first. */
    public CheckpointedCommand onTerminal(int rows, int columns) {
        terminal = new CommandOrigin.TerminalSize(rows, columns);
        return this;
    }

    /** A file that it reads as its input; it must stay until the command has ended. */
    public CheckpointedCommand reading(Path file) {
        input = file.toAbsolutePath();
        return this;
    }

    /** How an unfinished run of it is gone on with. */
    public CheckpointedCommand with(ResumeOptions chosen) {
        options = chosen;
        return this;
    }

    /** Where it runs. */
    public Path folder() {
        return folder;
    }

    Optional<String> name() {
        return Optional.ofNullable(name);
    }

    boolean fresh() {
        return fresh;
    }

    ResumeOptions options() {
        return options;
    }

    /** What a run of it writes down of it, and goes on with. */
    public CommandOrigin origin() {
        return new CommandOrigin(
                words,
                environment,
                engine,
                everyMillis,
                compression,
                baselineCpu,
                keepBinaries,
                rollback,
                timeoutMillis,
                retries,
                Optional.ofNullable(terminal),
                Optional.ofNullable(input).map(Path::toString));
    }
}
