package dev.cairn.run.internal.execution;

import dev.cairn.engine.EndCause;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Executes a plan, from the state in the manifest to its end or until it is stopped.
 *
 * <p>One thread, the caller of {@link #go}, decides everything. Other threads reach it only through a mailbox. The
 * other public methods may be called from any thread.
 */
public final class WorkflowExecutor {
    private static final Duration LONGEST_NAP = Duration.ofSeconds(30);
    private static final Duration NAP_WHILE_OWING = Duration.ofMillis(500);

    private final Plan plan;
    private final RunManifest run;
    private final TaskSource tasks;
    private final StepServices services;
    private final Capacity capacity;
    private final Map<String, ResumeChoice> wishes;
    private final ResumeChoice otherwise;
    private final BlockingQueue<ExecutorMessage> mailbox = new LinkedBlockingQueue<>();
    private final Results results = new Results();
    private final Map<String, StepExecution> executionsByStep = new ConcurrentHashMap<>();
    private boolean starting = true;
    /** Only the executing thread writes it. */
    private volatile @Nullable StopKind stopping;
    /** The steps that a command has asked to stop and that have not refused. */
    private final Set<InstanceNode> obeying = new HashSet<>();

    private boolean cancelled;
    private Optional<Deadline> deadline = Optional.empty();
    private volatile boolean over;

    /**
     * @param wishes by step id, the choices for the first attempt that begins
     * @param otherwise the choice for all other attempts
     */
    public WorkflowExecutor(
            Plan plan,
            RunManifest run,
            TaskSource.Factory tasks,
            StepServices services,
            Capacity capacity,
            Map<String, ResumeChoice> wishes,
            ResumeChoice otherwise) {
        this.plan = plan;
        this.run = run;
        this.tasks = tasks.over(results);
        this.services = services;
        this.capacity = capacity;
        this.wishes = new HashMap<>(wishes);
        this.otherwise = otherwise;
    }

    /**
     * Runs until the run has ended or was stopped. The manifest then holds that state.
     *
     * @return the state of the run
     * @throws InterruptedException if the thread is interrupted: the runner detaches from the steps, which keep running
     * @throws RunnerFailedException if the runner cannot continue, e.g. because the disk of the manifest is full; the
     *     steps keep running
     */
    public RunState go() throws InterruptedException, RunnerFailedException {
        try (StepExecutions executions = new StepExecutions(services, mailbox::add, executionsByStep)) {
            return execute(executions);
        } catch (LetGoException wanted) {
            return run.state();
        } catch (IOException | UnresolvableException e) {
            throw new RunnerFailedException(e);
        } finally {
            over = true;
            answerTheRest();
        }
    }

    /** Asks the run to stop. If it is stopping already, makes it stop at once without further images. */
    public void stop(StopKind kind, String reason) {
        mailbox.add(new ExecutorMessage.Stop(kind, reason));
    }

    /** Whether it was asked to stop and no command came after that, so that it will end soon. Any thread. */
    public boolean isStopping() {
        return stopping != null;
    }

    /**
     * Passes a command to the run. The answer comes when the command has been carried out, has failed, or has come too
     * late.
     */
    public CompletableFuture<CommandResult> ask(RunCommand command) {
        CompletableFuture<CommandResult> answer = new CompletableFuture<>();
        mailbox.add(new ExecutorMessage.Ask(command, answer));
        if (over) {
            answerTheRest();
        }
        return answer;
    }

    /** No other thread reads the mailbox any more. */
    private void answerTheRest() {
        for (ExecutorMessage message = mailbox.poll(); message != null; message = mailbox.poll()) {
            if (message instanceof ExecutorMessage.Ask ask) {
                ask.answer().complete(CommandResult.TOO_LATE);
            }
        }
    }

    /** Call it before {@link #go}: running steps are supervised, but nothing is started until the run is cancelled. */
    public void startNothing() {
        starting = false;
    }

    /** Stops executing and releases the steps, which keep running; the manifest stays as it is. */
    public void letGo() {
        mailbox.add(new ExecutorMessage.LetGo());
    }

    /** Stops executing for an outside reason, such as a lost ownership. The steps keep running. */
    public void breakOff(Throwable reason) {
        mailbox.add(new ExecutorMessage.Broken(reason));
    }

    /** The execution that a step has now. */
    public Optional<StepExecution> execution(String stepId) {
        return Optional.ofNullable(executionsByStep.get(stepId));
    }

    private RunState execute(StepExecutions executions)
            throws IOException, UnresolvableException, InterruptedException, RunnerFailedException, LetGoException {
        int instances = plan.steps().stream()
                .mapToInt(step -> step.matrix().instances().size())
                .sum();
        ManifestIndex index = new ManifestIndex(run, services.publisher(), services.clock(), instances);
        StepStateRecorder ledger = new StepStateRecorder(index, services);
        Admission admission = new Admission(capacity);
        Phase main = Phase.load(run.folder(), plan.steps(), false, Upstream.WELL);
        main.shown()
                .forEach(node ->
                        index.note(node.instance, node.state(), StepStateRecorder.newestImage(node.manifest())));
        run.state(RunState.RUNNING, "", services.clock().instant());
        index.write();
        services.listener().on(new RunEvent.RunChanged(services.clock().instant(), RunState.RUNNING, ""));

        deadline = plan.timeout().map(longest -> new Deadline(longest, index));
        if (!finish(main, executions, ledger, admission)) {
            return leave(index, main);
        }
        boolean late = deadline.filter(Deadline::isMet).isPresent();
        deadline = Optional.empty();
        boolean mainFailed = main.failed() || late;
        boolean cutShort = cancelled || main.any(StepState.CANCELLED) && !mainFailed;
        Phase onFailure = Phase.load(
                run.folder(), mainFailed && !cutShort ? plan.onFailure() : List.of(), true, new Upstream(true, false));
        if (!finish(onFailure, executions, ledger, admission)) {
            return leave(index, onFailure);
        }
        boolean wasCancelled = cutShort || onFailure.any(StepState.CANCELLED);
        Phase atEnd = Phase.load(run.folder(), plan.atEnd(), true, new Upstream(mainFailed, wasCancelled));
        if (!finish(atEnd, executions, ledger, admission)) {
            return leave(index, atEnd);
        }
        boolean failed = mainFailed || atEnd.failed();
        RunState state = wasCancelled || atEnd.any(StepState.CANCELLED)
                ? RunState.CANCELLED
                : failed ? RunState.FAILED : RunState.SUCCEEDED;
        String lateness = late ? tooLate() : "";
        return end(index, state, !lateness.isEmpty() ? lateness : failed ? whatFailed(main, atEnd) : "");
    }

    /** The time at which the run exceeds its limit. */
    private static final class Deadline {
        private final Duration longest;
        private final ManifestIndex index;
        private boolean met;

        Deadline(Duration longest, ManifestIndex index) {
            this.longest = longest;
            this.index = index;
        }

        Duration left() {
            return longest.minus(index.driven());
        }

        /** Whether the executor has handled the excess. */
        boolean isMet() {
            return met;
        }

        boolean isDue() {
            return !met && left().compareTo(Duration.ZERO) <= 0;
        }

        /** Recorded durably, so that the next runner knows it, too. */
        void meet() throws IOException {
            met = true;
            index.write();
        }
    }

    private String tooLate() {
        return "it took longer than its timeout of "
                + Durations.format(plan.timeout().orElseThrow());
    }

    /**
     * Cancels the remaining steps of a run that exceeds its time limit. The run continues to its end and has failed.
     */
    private void expire(Deadline due, PhaseExecutor executor, StepExecutions executions)
            throws IOException, UnresolvableException {
        due.meet();
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.empty(), tooLate()));
        executor.stopStarting();
        executions.nodes().forEach(executions::cancel);
        executor.cancelTheRest("the run took longer than its timeout");
    }

    /** @return false if the run stopped before the end of the phase */
    private boolean finish(Phase phase, StepExecutions executions, StepStateRecorder ledger, Admission admission)
            throws IOException, UnresolvableException, InterruptedException, RunnerFailedException, LetGoException {
        PhaseExecutor executor =
                new PhaseExecutor(phase, tasks, results, executions, ledger, admission, wishes, otherwise, services);
        if (stopping != null) {
            return phase.hasEnded(); // a run with nothing left to do is not stopped
        }
        if (!starting) {
            executor.stopStarting();
        }
        executor.begin();
        while (!executor.hasEnded() && !(executor.isAtRest() && mailbox.isEmpty())) {
            Duration longest = services.publisher().settle() ? LONGEST_NAP : NAP_WHILE_OWING;
            Duration nap = Stream.of(
                            executor.untilNextRetry(),
                            deadline.filter(it -> !it.isMet()).map(Deadline::left),
                            Optional.of(longest))
                    .flatMap(Optional::stream)
                    .min(Comparator.naturalOrder())
                    .orElse(longest);
            ExecutorMessage message = mailbox.poll(Math.max(1, nap.toMillis()), TimeUnit.MILLISECONDS);
            if (message != null) {
                handle(message, executor, executions);
            }
            if (stopping == null && deadline.filter(Deadline::isDue).isPresent()) {
                expire(deadline.get(), executor, executions);
            }
            executor.proceed();
        }
        if (stopping == StopKind.CANCEL) {
            // the plan's final steps also run after a cancellation
            cancelled = true;
            stopping = null;
            starting = true;
        }
        return executor.hasEnded();
    }

    private void handle(ExecutorMessage message, PhaseExecutor executor, StepExecutions executions)
            throws IOException, UnresolvableException, InterruptedException, RunnerFailedException, LetGoException {
        if (message instanceof ExecutorMessage.ExecutionEnded ended) {
            executor.executionEnded(ended.node(), ended.move());
        } else if (message instanceof ExecutorMessage.ExecutionBroken broken) {
            if (broken.failure() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            throw new RunnerFailedException(broken.failure());
        } else if (message instanceof ExecutorMessage.Broken broken) {
            throw new RunnerFailedException(broken.failure());
        } else if (message instanceof ExecutorMessage.LetGo) {
            throw new LetGoException();
        } else if (message instanceof ExecutorMessage.Stop stop) {
            told(stop.reason());
            stop(stop.kind(), stop.reason(), stopping != null ? Haste.AT_ONCE : Haste.LEAVING, executor, executions);
        } else if (message instanceof ExecutorMessage.StopRefused refused) {
            if (obeying.remove(refused.node()) && obeying.isEmpty()) {
                startAgain(executor);
            }
        } else if (message instanceof ExecutorMessage.Ask ask) {
            told(ask.command().describe());
            completeWhenAll(carryOut(ask.command(), executor, executions), ask.answer());
        }
    }

    private List<CompletableFuture<CommandResult.Line>> carryOut(
            RunCommand command, PhaseExecutor executor, StepExecutions executions)
            throws IOException, UnresolvableException {
        if (command instanceof RunCommand.Pause) {
            return stop(StopKind.PAUSE, command.describe(), Haste.ASKED, executor, executions);
        }
        if (command instanceof RunCommand.Checkpoint checkpoint) {
            return checkpoint(checkpoint, executor, executions);
        }
        return stop(StopKind.CANCEL, command.describe(), Haste.ASKED, executor, executions);
    }

    private List<CompletableFuture<CommandResult.Line>> checkpoint(
            RunCommand.Checkpoint command, PhaseExecutor executor, StepExecutions executions)
            throws IOException, UnresolvableException {
        if (command.step().isEmpty() && command.stop()) {
            return stop(StopKind.INTERRUPT, command.describe(), Haste.ASKED, executor, executions);
        }
        List<InstanceNode> wanted = executions.nodes().stream()
                .filter(node -> command.step()
                        .map(step -> step.equals(node.id()) || step.equals(node.group.step.id()))
                        .orElse(true))
                .toList();
        if (wanted.isEmpty() && command.step().isPresent()) {
            String step = command.step().get();
            return List.of(CompletableFuture.completedFuture(CommandResult.Line.failed(step, "it does not run now")));
        }
        return wanted.stream()
                .map(node -> command.stop()
                        ? executions.stop(node, EndCause.INTERRUPTED, "request", false)
                        : executions.checkpoint(node))
                .toList();
    }

    /** Which stop was requested, and how urgent it is. */
    private enum Haste {
        /** The run must stop. */
        ASKED,
        /** The runner exits. Steps that do not need it need not stop. */
        LEAVING,
        AT_ONCE
    }

    private List<CompletableFuture<CommandResult.Line>> stop(
            StopKind kind, String reason, Haste haste, PhaseExecutor executor, StepExecutions executions)
            throws IOException, UnresolvableException {
        StopKind now = stopping == null || kind == StopKind.CANCEL ? kind : stopping;
        stopping = now;
        if (haste == Haste.AT_ONCE) {
            services.publisher().hurry();
        }
        obeying.clear();
        if (haste == Haste.ASKED && kind != StopKind.CANCEL) {
            obeying.addAll(executions.nodes());
        }
        executor.stopStarting();
        List<CompletableFuture<CommandResult.Line>> answers = executions.nodes().stream()
                .map(node -> stop(node, now, reason, haste, executions))
                .toList();
        if (now == StopKind.CANCEL) {
            executor.cancelTheRest("the run was cancelled");
        }
        return answers;
    }

    /** All steps refuse a command's stop, so it changes nothing. */
    private void startAgain(PhaseExecutor executor) {
        stopping = null;
        if (starting) {
            executor.startAgain();
        }
    }

    private static CompletableFuture<CommandResult.Line> stop(
            InstanceNode node, StopKind kind, String reason, Haste haste, StepExecutions executions) {
        if (haste == Haste.AT_ONCE) {
            return executions.end(node, kind.cause(), Duration.ZERO);
        }
        if (haste == Haste.LEAVING && (kind == StopKind.INTERRUPT || kind == StopKind.PREEMPT)) {
            return executions.leave(node, kind.cause(), reason, kind == StopKind.PREEMPT);
        }
        return kind == StopKind.CANCEL
                ? executions.cancel(node)
                : executions.stop(node, kind.cause(), reason, kind == StopKind.PREEMPT);
    }

    private static void completeWhenAll(
            List<CompletableFuture<CommandResult.Line>> lines, CompletableFuture<CommandResult> answer) {
        CompletableFuture.allOf(lines.toArray(CompletableFuture[]::new))
                .thenRun(() -> answer.complete(new CommandResult(
                        lines.stream().map(CompletableFuture::join).toList())));
    }

    private RunState leave(ManifestIndex index, Phase phase)
            throws IOException, InterruptedException, RunnerFailedException, LetGoException {
        RunState state = stopping != null
                ? stopping.leaves()
                : phase.any(StepState.PAUSED) ? RunState.PAUSED : RunState.INTERRUPTED;
        boolean goesOn = state == RunState.INTERRUPTED
                && phase.nodes()
                        .anyMatch(node -> !node.state().isFinal() && tasks.isUnderWay(node.group.step, node.instance));
        return goesOn
                ? end(index, RunState.RUNNING, "its Slurm jobs stay active")
                : end(index, state, stopping == null ? whatStands(phase) : "");
    }

    /** Stops writing if a stop comes while only the end of the run remains to be written. */
    private RunState end(ManifestIndex index, RunState state, String message)
            throws IOException, InterruptedException, RunnerFailedException, LetGoException {
        run.state(state, message, services.clock().instant());
        index.write();
        while (!services.publisher().settle()) {
            ExecutorMessage late = mailbox.poll(NAP_WHILE_OWING.toMillis(), TimeUnit.MILLISECONDS);
            if (late instanceof ExecutorMessage.Stop) {
                services.publisher().hurry();
            } else if (late instanceof ExecutorMessage.Broken broken) {
                throw new RunnerFailedException(broken.failure());
            } else if (late instanceof ExecutorMessage.LetGo) {
                throw new LetGoException();
            } else if (late instanceof ExecutorMessage.Ask ask) {
                ask.answer().complete(CommandResult.TOO_LATE);
            }
        }
        services.listener().on(new RunEvent.RunChanged(services.clock().instant(), state, message));
        return state;
    }

    private void told(String what) {
        services.listener().on(new RunEvent.Requested(services.clock().instant(), what));
    }

    /** Another thread asked the executor to release its steps. */
    private static final class LetGoException extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static String whatFailed(Phase... phases) {
        return messages(Stream.of(phases)
                .flatMap(Phase::nodes)
                .filter(node -> node.state() == StepState.FAILED
                        && node.group.failsTheRun()
                        && !node.group.step.isEdgeOfPart()));
    }

    /** Steps that cannot be resumed on this host now. */
    private static String whatStands(Phase phase) {
        return messages(phase.nodes()
                .filter(node -> node.state() == StepState.INTERRUPTED
                        && !node.manifest().message().isEmpty()));
    }

    private static String messages(Stream<InstanceNode> nodes) {
        return nodes.map(node -> "step " + node.label() + ": " + node.manifest().message())
                .limit(5)
                .collect(Collectors.joining("; "));
    }
}
