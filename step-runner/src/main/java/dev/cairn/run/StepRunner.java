package dev.cairn.run;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.LeaseTimes;
import dev.cairn.engine.StepStatus;
import dev.cairn.files.Digests;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Presence;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.internal.environment.InheritedEnvironment;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.request.Requests;
import dev.cairn.run.internal.reuse.EarlierSuccesses;
import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.internal.store.RunLine;
import dev.cairn.run.internal.store.RunOpener;
import dev.cairn.run.internal.store.RunPick;
import dev.cairn.run.internal.store.RunPick.Plain;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.JobStart;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.notify.Deliveries;
import dev.cairn.run.notify.PendingNotifications;
import dev.cairn.workflow.WorkflowText;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Opens, resumes and steers the runs of one home, with given engines, actions and notifications. {@link Cairn} is
 * shorter for programs that need only the defaults.
 *
 * <p>Immutable; any thread.
 */
public final class StepRunner {
    private final CairnHome home;
    private final RunnerContext context;
    private final RunOpener opener;

    /** @param engines the engines by the name that {@code checkpoint.engine} selects */
    public StepRunner(CairnHome home, Map<String, Checkpointer> engines) throws IOException {
        this(home, engines, Clock.systemDefaultZone(), System.getenv());
    }

    /**
     * @param clock the clock, whose zone decides {@code today}
     * @param environment the environment that steps inherit and in which secrets are looked up
     */
    public StepRunner(CairnHome home, Map<String, Checkpointer> engines, Clock clock, Map<String, String> environment)
            throws IOException {
        this(home, engines, Map.of(), clock, environment);
    }

    /**
     * The same runner, which can also carry out steps with {@code uses}.
     *
     * @param actions the actions by the name that {@code uses} selects. An action is started like a command with two
     *     words: its name, and a JSON object with the values of {@code with} and with {@code outputs}, the outputs'
     *     files by name
     */
    public StepRunner(
            CairnHome home,
            Map<String, Checkpointer> engines,
            Map<String, Checkpointer> actions,
            Clock clock,
            Map<String, String> environment)
            throws IOException {
        this.home = home;
        this.context = new RunnerContext(
                new Engines(engines, actions),
                Owners.ofThisProcess(),
                LeaseTimes.STANDARD,
                clock,
                Map.copyOf(environment),
                List.of(),
                Optional.empty(),
                new PendingNotifications(home.pendingNotifications()),
                new EarlierSuccesses(home.cache()));
        this.opener = new RunOpener(home, context.owners(), clock);
    }

    private StepRunner(CairnHome home, RunnerContext context) {
        this.home = home;
        this.context = context;
        this.opener = new RunOpener(home, context.owners(), context.clock());
    }

    /**
     * The same runner, which can also submit steps to Slurm.
     *
     * @param command that starts this program on any host of the cluster; a job adds {@code slurm step RUN STEP
     *     NUMBER}, which must call {@link #jobStep}, a task of an array {@code slurm task RUN STEP TAG}, which has to
     *     call {@link #jobTask}
     */
    public StepRunner submittingAs(List<String> command) {
        return new StepRunner(home, context.withSelf(command));
    }

    /** The same runner, which also delivers notifications. */
    public StepRunner telling(Deliveries deliveries) {
        return new StepRunner(home, context.withDeliveries(deliveries));
    }

    /** The same runner with other lease times. All hosts that share the runs must have the same times. */
    public StepRunner leasing(LeaseTimes times) {
        return new StepRunner(home, context.withLease(times));
    }

    /** Delivers the pending notifications of runs that have ended or have no runner now. */
    public NotificationRetrier pendingNotifications() {
        return new NotificationRetrier(runs(), opener, context);
    }

    /**
     * Opens the one step of a run for which this process's Slurm job was submitted.
     *
     * @param number the number of the submission
     */
    public OpenResult jobStep(RunFolder run, String stepId, long number) throws IOException, InterruptedException {
        return new JobStepOpener(context, opener).open(run, stepId, number);
    }

    /**
     * Opens the one instance of a step for which this process's task of a Slurm array was submitted.
     *
     * @param array the tag of the array
     */
    public OpenResult jobTask(RunFolder run, String stepId, String array) throws IOException, InterruptedException {
        return new JobStepOpener(context, opener).openTask(run, stepId, array);
    }

    private static String textOf(Path workflow) throws IOException {
        return WorkflowText.gather(workflow, OrdinaryFile::sharedText);
    }

    /** The runs of this home. */
    public RunStore runs() {
        return new RunStore(home);
    }

    /** What the supervisor of a step reports; empty if none runs on this host. */
    public Optional<StepStatus> statusOf(StepManifest step) throws EngineException {
        Optional<AttemptRecord> open = step.openAttempt();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        return context.engines()
                .named(open.get().engine())
                .statusOf(step.folder().attempt(open.get().number()));
    }

    /** The process that runs a run now; empty if it is surely dead. */
    public Optional<OwnerRecord> ownerOf(RunFolder run) throws IOException {
        return context.owners().ownerOf(run.path());
    }

    /**
     * The run that {@code cairn run FILE} means: the newest of that file and those inputs that has not succeeded and
     * was not cancelled, or a new one. With a key: the run of that key, unless it has succeeded; refused if that is a
     * run of another file.
     *
     * @throws IOException if the file or the home cannot be read or written
     */
    public OpenResult run(WorkflowRequest request) throws IOException, InterruptedException {
        String text = request.text().isPresent() ? request.text().get() : textOf(request.file());
        Result<Workflow> workflow = Workflows.read(text, request.file());
        if (!(workflow instanceof Result.Ok<Workflow> read)) {
            return new OpenResult.Invalid(workflow.problems());
        }
        Result<Plan> planned = Workflows.plan(read.value(), request.inputs(), context.clock());
        if (!(planned instanceof Result.Ok<Plan> plan)) {
            return new OpenResult.Invalid(planned.problems());
        }
        List<String> reasons = Preflight.reasonsAgainst(plan.value(), context);
        if (!reasons.isEmpty()) {
            return new OpenResult.Refused(reasons);
        }
        RunLine line = request.key()
                .<RunLine>map(RunLine.Named::new)
                .orElseGet(() -> new RunLine.Line(request.file(), request.inputs()));
        // a run with a key shows by itself what is done
        if (!request.fresh() && request.key().isEmpty()) {
            Optional<RunManifest> done = doneByThisJob(line, run -> true);
            if (done.isPresent()) {
                return resume(done.get().folder(), ResumeOptions.AS_SUBMITTED, false);
            }
        }
        RunOpener.Opened opened;
        try {
            opened = open(line, request, text, plan.value());
        } catch (NotStartableException found) {
            return new OpenResult.Invalid(found.problems());
        }
        return ready(opened, Optional.of(text), request.options(), false);
    }

    /** Checks everything that can be known before the first step of a new run starts. */
    private RunOpener.Opened open(RunLine line, WorkflowRequest request, String text, Plan plan)
            throws IOException, InterruptedException {
        return opener.open(
                line,
                request.key().isPresent() ? keyRule(request, plan) : new LineRule(request.fresh()),
                plan.name(),
                folder -> {
                    List<Problem> problems =
                            StepPreflight.onThisHost(plan, request.file(), home.runs(), context.environment());
                    if (!problems.isEmpty()) {
                        throw new NotStartableException(problems);
                    }
                    found(folder, workflowOrigin(request, text, plan), Optional.of(text));
                });
    }

    /** A new run was not made, because it would fail. */
    private static final class NotStartableException extends IOException {
        private static final long serialVersionUID = 1;
        private final transient List<Problem> problems;

        NotStartableException(List<Problem> problems) {
            this.problems = problems;
        }

        List<Problem> problems() {
            return problems;
        }
    }

    /**
     * The reasons why a step of a new run would fail, as far as they are known before any step runs.
     *
     * @param file the workflow file
     * @param environment in which the run would start; secrets, programs and folders are searched in it
     */
    public static List<Problem> problemsBeforeStart(Plan plan, Path file, Map<String, String> environment) {
        return StepPreflight.onThisHost(
                plan, file, plan.folder().resolve(CairnHome.FOLDER).resolve("runs"), environment);
    }

    /** The same, for reasons that hold on any host. */
    public static List<Problem> problemsAnywhere(Plan plan, Path file, Map<String, String> environment) {
        return StepPreflight.anywhere(plan, file, environment);
    }

    /** The run of a single command: the unfinished one of its name, or a new one. */
    public OpenResult exec(CommandBuilder<?> command) throws IOException, InterruptedException {
        CommandOrigin origin = command.origin();
        List<String> reasons =
                Preflight.reasonsAgainst(CommandPlan.of(commandOrigin("check", command), origin), context);
        if (!reasons.isEmpty()) {
            return new OpenResult.Refused(reasons);
        }
        String name = command.name().orElseGet(() -> programName(origin));
        for (int number = 1; ; number++) {
            String candidate = number == 1 ? name : name + "-" + number;
            Optional<RunManifest> done = command.fresh()
                    ? Optional.empty()
                    : doneByThisJob(new RunLine.Named(candidate), run -> isOf(run, command));
            if (done.isPresent()) {
                return resume(done.get().folder(), ResumeOptions.AS_SUBMITTED, false);
            }
            RunOpener.Opened opened = opener.open(
                    new RunLine.Named(candidate),
                    nameRule(candidate, command),
                    candidate,
                    folder -> found(folder, commandOrigin(candidate, command), Optional.empty()));
            if (command.name().isPresent() || !(opened instanceof RunOpener.Opened.Refused)) {
                return ready(opened, Optional.empty(), command.options(), false);
            }
        }
    }

    /**
     * The run that an earlier start of this Slurm job completed with the same line of its script: Slurm may requeue a job that has
     * just succeeded. The caller resumes it, which marks it as done in this start of the job, because a script
     * may contain the same line again.
     *
     * <p>The newest run decides, because Slurm may give a job the id of a forgotten one.
     */
    private Optional<RunManifest> doneByThisJob(RunLine line, Predicate<RunManifest> same) throws IOException {
        Optional<JobStart> here = context.jobStart();
        if (here.filter(start -> start.restart() > 0).isEmpty()) {
            return Optional.empty();
        }
        return opener.newest(line, run -> same.test(run) && !run.jobStart().equals(here))
                .filter(run -> run.state() == RunState.SUCCEEDED
                        && run.jobStart().filter(here.get()::follows).isPresent());
    }

    /**
     * Resumes a run that was interrupted, lost, preempted, cancelled or failed.
     *
     * @param evenPaused also resumes a paused run ({@code cairn unpause})
     */
    public OpenResult resume(RunFolder run, ResumeOptions options, boolean evenPaused)
            throws IOException, InterruptedException {
        return ready(opener.open(run), Optional.empty(), options, evenPaused);
    }

    /**
     * Sends a command to the owner of a run, or, if it has none, to the steps that still run.
     *
     * @param atMost how long to wait for the owner's answer
     * @return empty if the owner has not answered in time
     */
    public Optional<CommandResult> steer(RunFolder run, RunCommand command, Duration atMost)
            throws IOException, InterruptedException, RunnerFailedException {
        if (ownerOf(run).isPresent()) {
            return new Requests(run, context.clock()).ask(command, atMost);
        }
        OpenResult opening = resume(run, ResumeOptions.AS_SUBMITTED, true);
        if (opening instanceof OpenResult.Ready ready) {
            return Optional.of(ready.session().steer(command));
        }
        return opening instanceof OpenResult.Held
                ? new Requests(run, context.clock()).ask(command, atMost)
                : Optional.of(new CommandResult(List.of(CommandResult.Line.failed(run.runId(), opening.words()))));
    }

    /**
     * The same for a run that must be unfinished and must answer in time.
     *
     * @throws RequestException if it has ended, or its runner does not answer
     */
    public CommandResult command(RunManifest run, RunCommand command, Duration atMost)
            throws IOException, InterruptedException, RunnerFailedException {
        if (run.state().isFinal()) {
            throw new RequestException(
                    RequestException.Kind.UNAVAILABLE,
                    "run " + run.id() + " has ended already: " + run.state().wire());
        }
        return steer(run.folder(), command, atMost)
                .orElseThrow(() -> new RequestException(
                        RequestException.Kind.UNAVAILABLE,
                        "run " + run.id() + ": its runner has not answered within " + Durations.format(atMost)
                                + "; the request was withdrawn"));
    }

    private OpenResult ready(RunOpener.Opened opened, Optional<String> text, ResumeOptions options, boolean evenPaused)
            throws IOException, InterruptedException {
        if (opened instanceof RunOpener.Opened.Held held) {
            return new OpenResult.Held(held.run(), held.owner());
        }
        if (opened instanceof RunOpener.Opened.Done done) {
            return new OpenResult.Done(done.run());
        }
        if (opened instanceof RunOpener.Opened.Refused refused) {
            return new OpenResult.Refused(refused.reasons());
        }
        RunOpener.Opened.Ours ours = (RunOpener.Opened.Ours) opened;
        return OwnedRun.orLetGo(ours.ownership(), () -> session(ours, text, options, evenPaused));
    }

    private OpenResult session(
            RunOpener.Opened.Ours ours, Optional<String> text, ResumeOptions options, boolean evenPaused)
            throws IOException, InterruptedException {
        RunManifest run = ours.run();
        if (run.state() == RunState.PAUSED && !evenPaused) {
            return new OpenResult.Paused(run.folder());
        }
        context.jobStart().ifPresent(run::jobStart);
        boolean done = run.state() == RunState.SUCCEEDED;
        if (done && !options.choosesSteps()) {
            run.save(ours.ownership()::ensureOurs, context.clock().instant());
            return new OpenResult.Done(run);
        }
        Optional<Texts> texts =
                run.origin().command().isPresent() ? Optional.empty() : Optional.of(texts(run, text, options));
        Result<Plan> planned = plan(run, texts.map(Texts::now));
        if (!(planned instanceof Result.Ok<Plan> plan)) {
            return new OpenResult.Invalid(planned.problems());
        }
        boolean differ = texts.filter(Texts::differ).isPresent();
        Plan before = differ && plan(run, texts.map(Texts::before)) instanceof Result.Ok<Plan> old
                ? old.value()
                : plan.value();
        Optional<EditedRun> edited =
                ours.fresh() ? Optional.empty() : Optional.of(EditedRun.compare(run, before, plan.value(), options));
        RunChange change = edited.map(it -> it.change(differ)).orElse(RunChange.NONE);
        ResumeCheck check = new ResumeCheck(run.folder(), context);
        List<String> reasons = new ArrayList<>(Preflight.reasonsAgainst(plan.value(), context));
        if (!options.only().isEmpty() && !run.state().isFinal()) {
            reasons.add("--only is for a run that has ended, and " + run.id() + " is "
                    + run.state().wire() + "; resume it, or use --from");
        }
        reasons.addAll(check.reasonsAgainst(options, plan.value()));
        reasons.addAll(check.reasonsAgainst(change));
        if (!reasons.isEmpty()) {
            return new OpenResult.Refused(reasons);
        }
        if (done && options.from().isEmpty() && options.only().isEmpty()) {
            return new OpenResult.Done(run);
        }
        // the text comes last: after a kill in between, the run is compared with the old text again
        if (edited.isPresent()) {
            edited.get().apply(ours.ownership()::ensureOurs, context);
        }
        if (differ) {
            StoredWorkflow.replace(
                    run,
                    texts.orElseThrow().now(),
                    ours.ownership()::ensureOurs,
                    context.clock().instant());
        }
        return new OpenResult.Ready(new RunSession(
                run, plan.value(), ours.ownership(), ours.broken(), ours.fresh(), change, options, context));
    }

    /**
     * The text of a workflow.
     *
     * @param before the text that the run has
     * @param now the text with which the run is resumed
     */
    private record Texts(String before, String now) {
        boolean differ() {
            return !before.equals(now);
        }
    }

    /** @param given the text of the present workflow file, if it is known */
    private Texts texts(RunManifest run, Optional<String> given, ResumeOptions options) throws IOException {
        if (options.edits() != ResumeOptions.Edits.AS_SUBMITTED
                && given.isPresent()
                && Digests.of(given.get()).equals(run.origin().digest())) {
            return new Texts(given.get(), given.get());
        }
        String stored = StoredWorkflow.read(run);
        if (options.edits() == ResumeOptions.Edits.AS_SUBMITTED) {
            return new Texts(stored, stored);
        }
        Optional<String> now = given.isPresent() ? given : currentText(run.origin());
        return new Texts(stored, now.orElse(stored));
    }

    /** Empty if the file is gone; then the run has its own text. */
    private static Optional<String> currentText(RunOrigin origin) throws IOException {
        Path file = origin.workflow().orElseThrow();
        return Presence.isThere(file) ? Optional.of(textOf(file)) : Optional.empty();
    }

    private Result<Plan> plan(RunManifest run, Optional<String> text) {
        RunOrigin origin = run.origin();
        if (text.isEmpty()) {
            return new Result.Ok<>(CommandPlan.of(origin, origin.command().orElseThrow()));
        }
        Result<Workflow> workflow = Workflows.read(text.get(), origin.workflow().orElseThrow());
        return workflow instanceof Result.Ok<Workflow> read
                ? Workflows.plan(read.value(), origin.inputs(), context.clock())
                : new Result.Broken<>(workflow.problems());
    }

    private void found(RunFolder folder, RunOrigin origin, Optional<String> text) throws IOException {
        if (text.isPresent()) {
            StoredWorkflow.write(folder, text.get());
        }
        DurableFiles.createFolders(folder.requests());
        DurableFiles.createFolders(folder.work());
        DurableFiles.createFolders(folder.steps());
        RunManifest run = RunManifest.create(folder, origin, context.clock().instant());
        context.jobStart().ifPresent(run::jobStart);
        run.save(() -> {}, context.clock().instant());
    }

    private RunOrigin workflowOrigin(WorkflowRequest request, String text, Plan plan) {
        Map<String, String> inputs = new LinkedHashMap<>();
        plan.inputs().forEach((name, value) -> inputs.put(name, value.text()));
        return new RunOrigin(
                plan.name(),
                request.key(),
                Optional.of(request.file()),
                Optional.empty(),
                plan.folder(),
                Digests.of(text),
                inputs,
                InheritedEnvironment.kept(context.environment()));
    }

    private RunOrigin commandOrigin(String name, CommandBuilder<?> command) {
        return new RunOrigin(
                name,
                Optional.of(name),
                Optional.empty(),
                Optional.of(command.origin()),
                command.folder(),
                "",
                Map.of(),
                InheritedEnvironment.kept(context.environment()));
    }

    private static String programName(CommandOrigin command) {
        Path program = Path.of(command.words().get(0)).getFileName();
        return program == null ? "command" : program.toString();
    }

    /**
     * Chooses among the runs of a workflow file, from the newest on. A failed run no longer counts once a newer one has
     * succeeded.
     */
    private static final class LineRule implements RunPick.Rule {
        private final boolean fresh;
        private boolean succeededSince;

        LineRule(boolean fresh) {
            this.fresh = fresh;
        }

        @Override
        public RunPick of(RunManifest run) {
            if (fresh) {
                return Plain.START_NEW;
            }
            succeededSince |= run.state() == RunState.SUCCEEDED;
            boolean wanted = !run.state().isFinal() || run.state() == RunState.FAILED && !succeededSince;
            return wanted ? Plain.CONTINUE : Plain.PASS;
        }
    }

    /** Ignores a run that does not belong to this line. */
    private static RunPick.Rule keyRule(WorkflowRequest request, Plan plan) {
        return run -> {
            if (request.fresh() && run.state().isFinal() || run.state() == RunState.CANCELLED) {
                return Plain.START_NEW;
            }
            List<String> conflicts = KeyCheck.reasonsAgainst(run.origin(), request, plan);
            if (!conflicts.isEmpty()) {
                return new RunPick.Refuse(conflicts);
            }
            return run.state() == RunState.SUCCEEDED ? Plain.DONE : Plain.CONTINUE;
        };
    }

    /** A name with an unfinished run is taken, except for the same command with that name. */
    private static RunPick.Rule nameRule(String name, CommandBuilder<?> command) {
        return run -> {
            if (run.state().isFinal()) {
                return Plain.START_NEW;
            }
            boolean same = isOf(run, command);
            return same && command.name().isPresent() && !command.fresh()
                    ? Plain.CONTINUE
                    : new RunPick.Refuse(List.of("the name '" + name + "' belongs to a run that has not ended"
                            + (command.fresh() ? "" : " and is of another command") + ": resume it (cairn resume "
                            + name + "), end it (cairn cancel " + name + "), or choose another name"));
        };
    }

    private static boolean isOf(RunManifest run, CommandBuilder<?> command) {
        return run.origin()
                .command()
                .map(CommandOrigin::words)
                .equals(Optional.of(command.origin().words()));
    }
}
