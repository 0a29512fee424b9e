package dev.cairn.run;

import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.workflow.plan.CheckpointPlan;
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
 * Describes a command to run as a checkpointed step. Each method changes the builder and returns it. Confined to one
 * thread.
 *
 * @param <B> the builder itself
 */
public abstract class CommandBuilder<B extends CommandBuilder<B>> {
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
    private long journalBytes = CheckpointPlan.DEFAULT.journalBytes();
    private boolean ioUring;
    private final List<String> rollback = new ArrayList<>();
    private OptionalLong timeoutMillis = OptionalLong.empty();
    private int retries;
    private CommandOrigin.@Nullable TerminalSize terminal;
    private @Nullable Path input;
    private ResumeOptions options = ResumeOptions.NONE;

    CommandBuilder(List<String> words) {
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command needs a program");
        }
        this.words = List.copyOf(words);
    }

    abstract B self();

    /** Where it runs. */
    public B in(Path workingFolder) {
        folder = workingFolder.toAbsolutePath().normalize();
        return self();
    }

    /**
     * Names the run. While a run of this name and command is unfinished, running the command resumes it. Without a name, the run is
     * called like the program, with a number if that name is taken.
     */
    public B named(String runName) {
        name = runName;
        return self();
    }

    /** Starts a new run even if a run of that name is unfinished. */
    public B startingNew() {
        fresh = true;
        return self();
    }

    /** Variables added to those of this process. The manifest stores them, so do not pass secrets. */
    public B environment(Map<String, String> variables) {
        environment = Map.copyOf(variables);
        return self();
    }

    /** Selects one of the runner's engines; {@code native} by default. */
    public B engine(String engineName) {
        engine = engineName;
        return self();
    }

    /** Sets the time between checkpoints; without it, Cairn adapts it to their cost. */
    public B every(Duration interval) {
        everyMillis = Math.max(1, interval.toMillis());
        return self();
    }

    /** Checkpoints only on request and on a stop. */
    public B onRequestOnly() {
        everyMillis = -1;
        return self();
    }

    /** Sets the zstd level of its images, from 1 to 19; 0 stores them plain. */
    public B compression(int level) {
        compression = OptionalInt.of(level);
        return self();
    }

    /** Limits libraries to x86-64-v2, so that images fit other machines of a mixed cluster. */
    public B onBaselineCpu() {
        baselineCpu = true;
        return self();
    }

    /** Keeps mapped programs and libraries with the images, so that a resume works after their upgrade. */
    public B keepingBinaries() {
        keepBinaries = true;
        return self();
    }

    /**
     * Limits the copies of files that the journal keeps before they change, so that a resume can undo later changes.
     *
     * @param bytes 4 GiB by default; 0 turns the journal off
     */
    public B journalling(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a journal of " + bytes + " bytes");
        }
        journalBytes = bytes;
        return self();
    }

    /** Allows the command to use io_uring. While it does, it cannot be checkpointed. */
    public B withIoUring() {
        ioUring = true;
        return self();
    }

    /**
     * Rolls back a file, or a folder with everything below it, as a whole on resume: rewritten files are restored from copies, new
     * files are moved away. Files that the command only appends to do not need this. No other program may write to the folder.
     *
     * @param path relative to where it runs; call {@link #in} first
     */
    public B rollingBack(Path path) {
        rollback.add(folder.resolve(path).normalize().toString());
        return self();
    }

    /** Limits the running time of all attempts together. */
    public B timeout(Duration runningTime) {
        timeoutMillis = OptionalLong.of(runningTime.toMillis());
        return self();
    }

    /** Sets how often a failed command is retried. */
    public B retries(int max) {
        retries = max;
        return self();
    }

    /** Gives the command its own terminal, initially of this size. */
    public B onTerminal(int rows, int columns) {
        terminal = new CommandOrigin.TerminalSize(rows, columns);
        return self();
    }

    /** A file that the command reads as its standard input; it must exist until the command has ended. */
    public B reading(Path file) {
        input = file.toAbsolutePath();
        return self();
    }

    /** Sets options for resuming an unfinished run. */
    public B with(ResumeOptions chosen) {
        options = chosen;
        return self();
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

    /** The data that a run records of the command and uses to resume it. */
    public CommandOrigin origin() {
        return new CommandOrigin(
                words,
                environment,
                engine,
                everyMillis,
                compression,
                baselineCpu,
                keepBinaries,
                journalBytes,
                ioUring,
                rollback,
                timeoutMillis,
                retries,
                Optional.ofNullable(terminal),
                Optional.ofNullable(input).map(Path::toString));
    }
}
