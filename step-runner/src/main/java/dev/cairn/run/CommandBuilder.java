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
 * What is said of a command that runs as a checkpointed step. Each method changes the builder and returns it. Confined to one
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
     * A name by which the run is found again: while one of that name and command has not ended, running the command
     * means going on with it. Without one it gets the program's name, with a number if that is taken.
     */
    public B named(String runName) {
        name = runName;
        return self();
    }

    /** Does not go on with an unfinished run of that name. */
    public B startingNew() {
        fresh = true;
        return self();
    }

    /** Variables laid over this process's own. They are written to the manifest: no secrets. */
    public B environment(Map<String, String> variables) {
        environment = Map.copyOf(variables);
        return self();
    }

    /** One of the engines that the runner was given; {@code native} if nothing is said. */
    public B engine(String engineName) {
        engine = engineName;
        return self();
    }

    /** Between checkpoints; without it Cairn weighs what they cost. */
    public B every(Duration interval) {
        everyMillis = Math.max(1, interval.toMillis());
        return self();
    }

    /** Checkpoints only on request and on a stop. */
    public B onRequestOnly() {
        everyMillis = -1;
        return self();
    }

    /** The zstd level of its images, 1 to 19; 0 stores them plain. */
    public B compression(int level) {
        compression = OptionalInt.of(level);
        return self();
    }

    /** Holds libraries to x86-64-v2, so that its images fit other machines of a mixed cluster. */
    public B onBaselineCpu() {
        baselineCpu = true;
        return self();
    }

    /** Keeps mapped programs and libraries with its images: it goes on also where these have been upgraded. */
    public B keepingBinaries() {
        keepBinaries = true;
        return self();
    }

    /**
     * Bounds what is kept of files before they change, so that a resume can undo what changed since its image.
     *
     * @param bytes 4 GiB unless said; 0 keeps nothing: files are not journalled
     */
    public B journalling(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a journal of " + bytes + " bytes");
        }
        journalBytes = bytes;
        return self();
    }

    /** Lets it use io_uring; while it does it cannot be checkpointed. */
    public B withIoUring() {
        ioUring = true;
        return self();
    }

    /**
     * A file, or a folder with everything below it, that goes back with the command as a whole: rewritten files come
     * back from copies, new ones are moved away. What it only appends to needs none of this. The folder must be its own.
     *
     * @param path relative to where it runs; call {@link #in} first
     */
    public B rollingBack(Path path) {
        rollback.add(folder.resolve(path).normalize().toString());
        return self();
    }

    /** Running time in all, over every attempt. */
    public B timeout(Duration runningTime) {
        timeoutMillis = OptionalLong.of(runningTime.toMillis());
        return self();
    }

    /** How often it is tried again when it fails. */
    public B retries(int max) {
        retries = max;
        return self();
    }

    /** Gives it a terminal of its own, of this size at first. */
    public B onTerminal(int rows, int columns) {
        terminal = new CommandOrigin.TerminalSize(rows, columns);
        return self();
    }

    /** A file that it reads as its input; it must stay until the command has ended. */
    public B reading(Path file) {
        input = file.toAbsolutePath();
        return self();
    }

    /** How an unfinished run of it is gone on with. */
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
                journalBytes,
                ioUring,
                rollback,
                timeoutMillis,
                retries,
                Optional.ofNullable(terminal),
                Optional.ofNullable(input).map(Path::toString));
    }
}
