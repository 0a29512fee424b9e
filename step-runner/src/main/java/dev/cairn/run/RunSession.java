package dev.cairn.run;

import dev.cairn.engine.StepExit;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.RunningStep;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.EventLog;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.event.WriteNews;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.internal.execution.Capacity;
import dev.cairn.run.internal.execution.TaskSource;
import dev.cairn.run.internal.execution.WorkflowExecutor;
import dev.cairn.run.internal.job.SlurmSteps;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.Publisher;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.notify.EventJournalRepair;
import dev.cairn.run.notify.Notifier;
import dev.cairn.slurm.Slurm;
import dev.cairn.workflow.plan.Plan;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A run that this process owns. {@link #run} runs it, in the caller's thread, once; the other methods may be called from any
 * thread meanwhile. Closing releases the run; running steps continue under their supervisors.
 */
public final class RunSession implements AutoCloseable {
    private final RunManifest manifest;
    private final Plan plan;
    private final Ownership ownership;
    private final Optional<OwnerRecord> broken;
    private final boolean fresh;
    private final RunChange change;
    private final RunListeners listeners;
    private final RunListeners shown;
    private final Publisher publisher;
    private final WorkflowExecutor executor;
    private final RunnerContext context;

    /** @param broken the dead owner whose lock was broken */
    RunSession(
            RunManifest manifest,
            Plan plan,
            Ownership ownership,
            Optional<OwnerRecord> broken,
            boolean fresh,
            RunChange change,
            ResumeOptions options,
            RunnerContext context) {
        this(manifest, plan, ownership, broken, fresh, change, options, context, RunSession::planned);
    }

    /** @param tasks creates the tasks of its steps */
    RunSession(
            RunManifest manifest,
            Plan plan,
            Ownership ownership,
            Optional<OwnerRecord> broken,
            boolean fresh,
            RunChange change,
            ResumeOptions options,
            RunnerContext context,
            Tasks tasks) {
        this.manifest = manifest;
        this.plan = plan;
        this.ownership = ownership;
        this.broken = broken;
        this.fresh = fresh;
        this.change = change;
        this.context = context;
        this.listeners = new RunListeners();
        this.shown = new RunListeners();
        this.publisher = new Publisher(ownership::ensureOurs, context.clock(), new WriteNews(listeners));
        StepServices services = new StepServices(
                context.engines(),
                context.owners().host(),
                ownership.epoch(),
                publisher,
                options.assumeLost(),
                context.lease(),
                context.job(),
                context.eviction(),
                context.clock(),
                listeners);
        this.executor = new WorkflowExecutor(
                plan,
                manifest,
                tasks.of(this, services),
                services,
                context.job().map(Capacity::of).orElseGet(Capacity::ofThisHost),
                options.wishes(),
                options.otherwise());
    }

    /** The source of a session's tasks. */
    @FunctionalInterface
    interface Tasks {
        TaskSource.Factory of(RunSession session, StepServices services);
    }

    private static TaskSource.Factory planned(RunSession session, StepServices services) {
        RunnerContext context = session.context;
        RunOrigin origin = session.manifest.origin();
        Optional<SlurmSteps> jobs = context.self().isEmpty()
                ? Optional.empty()
                : Optional.of(new SlurmSteps(
                        session.manifest.folder(),
                        origin,
                        new Slurm(context.environment()),
                        context.owners(),
                        services,
                        session.shown));
        return results -> new StepTaskFactory(
                session.plan,
                session.manifest.folder(),
                origin,
                context.environment(),
                services,
                jobs,
                context.self(),
                context.successes(),
                results);
    }

    public RunFolder folder() {
        return manifest.folder();
    }

    public String id() {
        return manifest.id();
    }

    public Plan plan() {
        return plan;
    }

    /** Whether the run is new, and not resumed. */
    public boolean isFresh() {
        return fresh;
    }

    /** The finished work that a resumed run keeps, and the work that it repeats. */
    public RunChange change() {
        return change;
    }

    /** The dead owner from whom the run was taken over. */
    public Optional<OwnerRecord> brokenOwner() {
        return broken;
    }

    /**
     * Runs the run to its end, or until it is stopped.
     *
     * @throws InterruptedException if the thread is interrupted: the runner detaches, and the steps continue
     * @throws RunnerFailedException if this runner cannot continue; the steps do
     */
    public RunOutcome run(RunListener listener) throws IOException, InterruptedException, RunnerFailedException {
        // released last; if even that cannot be written, the reason for the end must not be hidden
        try (Ownership held = ownership;
                EventLog log = EventLog.open(folder(), held.epoch());
                OwnerDuties duties = new OwnerDuties(folder(), ownership, publisher, executor, context);
                Telling telling = telling(log)) {
            listeners.add(log);
            telling.notifier().ifPresent(listeners::add);
            listeners.add(listener);
            shown.add(listener);
            listeners.on(new RunEvent.Owned(
                    context.clock().instant(),
                    ownership.epoch(),
                    context.owners().describeSelf(),
                    broken.map(OwnerRecord::describe)));
            change.steps()
                    .forEach(line -> listeners.on(
                            new RunEvent.Note(context.clock().instant(), Optional.of(line.step()), line.words())));
            StepReset.ifEnded(manifest, plan, ownership::ensureOurs, context.clock());
            duties.begin();
            RunState state = executor.go();
            return new RunOutcome(state, manifest.message(), telling.finish(), exitOfCommand());
        }
    }

    /** Starts delivering notifications to the receivers of the workflow, including pending ones. */
    private Telling telling(EventLog log) throws IOException {
        if (plan.notifications().isEmpty() || context.deliveries().isEmpty()) {
            return new Telling(Optional.empty());
        }
        if (!fresh) {
            EventJournalRepair.missing(manifest).forEach(log::on);
        }
        return new Telling(Notifier.begin(
                manifest,
                plan.notifications(),
                context.deliveries().get(),
                context.pending(),
                refusal -> listeners.on(new RunEvent.Note(context.clock().instant(), Optional.empty(), refusal))));
    }

    /** @param notifier empty if there are no receivers */
    private record Telling(Optional<Notifier> notifier) implements AutoCloseable {
        List<String> finish() throws InterruptedException {
            return notifier.isPresent() ? notifier.get().finish() : List.of();
        }

        @Override
        public void close() {
            notifier.ifPresent(Notifier::close);
        }
    }

    /** Carries out a command on a run without an owner: supervises its running steps, and starts no others. */
    CommandResult steer(RunCommand command) throws IOException, InterruptedException, RunnerFailedException {
        executor.startNothing();
        CompletableFuture<CommandResult> answer = executor.ask(command);
        boolean runsOn = command instanceof RunCommand.Checkpoint checkpoint && !checkpoint.stop();
        answer.thenAccept(given -> {
            if (runsOn || given.isRefusal()) {
                executor.letGo();
            }
        });
        run(event -> {});
        return answer.join();
    }

    /** Asks the run to stop. A second call stops it at once. Returns at once. */
    public void stop(StopKind kind, String reason) {
        executor.stop(kind, reason);
    }

    /** Passes a command to the run. The result is complete when the command has been carried out or has failed. */
    public CompletableFuture<CommandResult> ask(RunCommand command) {
        return executor.ask(command);
    }

    /** A running step, for its status and its terminal. */
    public Optional<RunningStep> runningStep(String stepId) {
        return executor.execution(stepId).map(RunningStep.class::cast);
    }

    /** The only step of a run of a single command. */
    public Optional<RunningStep> command() {
        return executor.execution(CommandPlan.STEP).map(RunningStep.class::cast);
    }

    private Optional<StepExit> exitOfCommand() throws IOException {
        return manifest.origin().command().isEmpty()
                ? Optional.empty()
                : StepManifest.read(folder().step(CommandPlan.STEP))
                        .flatMap(StepManifest::lastAttempt)
                        .flatMap(AttemptRecord::end);
    }

    @Override
    public void close() {
        ownership.close();
    }
}
