package dev.cairn.run;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.EngineProvider;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Cairn as a library: runs commands and workflow files of a folder as checkpointed steps.
 *
 * <pre>{@code
 * try (Cairn cairn = Cairn.open(folder)) {
 *     cairn.exec("python3", "count.py").named("count").every(Duration.ofSeconds(30)).run().orThrow();
 * }
 * }</pre>
 *
 * <p>If this process or the command is killed, the same lines resume the run from its last checkpoint.
 *
 * <p>Thread-safe: several runs may be under way at a time, each in the thread that called {@code run}. If that thread is
 * interrupted or this process ends, steps run on under their supervisors, and the next {@code run} attaches to them.
 */
public final class Cairn implements AutoCloseable {
    private final Path folder;
    private final StepRunner runner;
    private final Set<RunSession> underWay = new HashSet<>();
    private boolean closed;

    private Cairn(Path folder, StepRunner runner) {
        this.folder = folder;
        this.runner = runner;
    }

    /**
     * Opens the runs of a folder, as the program {@code cairn} does: those in {@code $CAIRN_HOME}, or else in the
     * nearest {@code .cairn} in the folder or above it. If there is none, makes {@code .cairn} in the folder. Uses the
     * engines on the class path.
     *
     * @param folder an existing one; commands run in it, and workflow files are found from it
     * @throws IOException if the runs cannot be reached or trusted, or the native library cannot be found or loaded
     */
    public static Cairn open(Path folder) throws IOException {
        Path here = folder.toAbsolutePath().normalize();
        if (!Files.isDirectory(here)) {
            throw new NotDirectoryException(here.toString());
        }
        return new Cairn(here, new StepRunner(CairnHome.findOrCreate(here, System.getenv()), installedEngines()));
    }

    /**
     * The same over a runner with other engines, actions or notifications.
     *
     * @param folder commands run in it, and workflow files are found from it
     */
    public static Cairn over(StepRunner runner, Path folder) {
        return new Cairn(folder.toAbsolutePath().normalize(), runner);
    }

    private static Map<String, Checkpointer> installedEngines() throws IOException {
        try {
            return EngineProvider.installed().stream()
                    .collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Describes a command that runs in this folder. Nothing happens before {@link Command#run()}. */
    public Command exec(String... words) {
        return exec(List.of(words));
    }

    /** The same for a list: the program, found by PATH, and its arguments. */
    public Command exec(List<String> words) {
        return new Command(this, words).in(folder);
    }

    /** Runs a workflow file as {@code cairn run FILE} does: resumes its unfinished run, or starts a new one. */
    public RunOutcome run(Path workflow)
            throws IOException, InterruptedException, RunnerFailedException, RunNotStartedException {
        return run(WorkflowRequest.of(folder.resolve(workflow)), event -> {});
    }

    /**
     * The same with inputs, a key or other choices.
     *
     * @return at once if the run of the request's key has succeeded before
     * @throws InterruptedException if this thread is interrupted; the steps run on, and the next call attaches to them
     * @throws RunnerFailedException if this process cannot continue, for example because the disk is full; the steps
     *     run on, too
     * @throws RunNotStartedException if nothing was started; its message says why
     */
    public RunOutcome run(WorkflowRequest workflow, RunListener listener)
            throws IOException, InterruptedException, RunnerFailedException, RunNotStartedException {
        return run(runner.run(workflow), listener);
    }

    /**
     * The underlying runner, for requests without a method here: listing runs, resuming by id, pausing, asking for a
     * checkpoint.
     */
    public StepRunner runner() {
        return runner;
    }

    private RunOutcome run(OpenResult result, RunListener listener)
            throws IOException, InterruptedException, RunnerFailedException, RunNotStartedException {
        if (result instanceof OpenResult.Done) {
            return new RunOutcome(RunState.SUCCEEDED, "", List.of(), Optional.empty());
        }
        if (!(result instanceof OpenResult.Ready ready)) {
            throw new RunNotStartedException(result);
        }
        try (RunSession session = ready.session()) {
            begin(session);
            try {
                return session.run(listener);
            } finally {
                end(session);
            }
        }
    }

    private synchronized void begin(RunSession session) {
        if (closed) {
            throw new IllegalStateException("this Cairn is closed");
        }
        underWay.add(session);
    }

    private synchronized void end(RunSession session) {
        underWay.remove(session);
    }

    /**
     * Checkpoints and stops the runs that other threads have under way; their calls return with state {@code INTERRUPTED}. Does not
     * wait for them. A stopped run resumes when it is run again.
     */
    @Override
    public void close() {
        Set<RunSession> stopped;
        synchronized (this) {
            closed = true;
            stopped = Set.copyOf(underWay);
        }
        stopped.forEach(session -> session.stop(StopKind.INTERRUPT, "Cairn was closed"));
    }

    /** A command of this Cairn. */
    public static final class Command extends CommandBuilder<Command> {
        private final Cairn cairn;

        private Command(Cairn cairn, List<String> words) {
            super(words);
            this.cairn = cairn;
        }

        @Override
        Command self() {
            return this;
        }

        /** Runs it to its end in this thread: resumes the unfinished run of its name, or starts a new one. */
        public RunOutcome run()
                throws IOException, InterruptedException, RunnerFailedException, RunNotStartedException {
            return run(event -> {});
        }

        /**
         * The same, with a listener for its events.
         *
         * @param listener called from several threads; should return soon
         * @throws InterruptedException if this thread is interrupted; the command runs on, and the next call attaches
         *     to it
         * @throws RunnerFailedException if this process cannot continue, for example because the disk is full; the
         *     command runs on, too
         * @throws RunNotStartedException if nothing was started; its message says why
         */
        public RunOutcome run(RunListener listener)
                throws IOException, InterruptedException, RunnerFailedException, RunNotStartedException {
            return cairn.run(cairn.runner.exec(this), listener);
        }
    }
}
