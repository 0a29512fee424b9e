package dev.cairn.run;

import dev.cairn.engine.AppCheckpoints;
import dev.cairn.engine.CheckpointPolicy;
import dev.cairn.engine.Rollback;
import dev.cairn.engine.StepIo;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.host.Umask;
import dev.cairn.run.internal.environment.BaselineCpu;
import dev.cairn.run.internal.environment.InheritedEnvironment;
import dev.cairn.run.internal.execution.Capacity;
import dev.cairn.run.internal.execution.TaskSource;
import dev.cairn.run.internal.execution.UnresolvableException;
import dev.cairn.run.internal.job.ArrayPlan;
import dev.cairn.run.internal.job.JobPlan;
import dev.cairn.run.internal.job.SlurmSteps;
import dev.cairn.run.internal.reuse.EarlierSuccesses;
import dev.cairn.run.internal.reuse.Reusable;
import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.internal.step.Fingerprint;
import dev.cairn.run.internal.step.LocalExecution;
import dev.cairn.run.internal.step.ReusingExecution;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.internal.step.StepTask;
import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.MatrixRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.mask.Masks;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.CheckpointPlan;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.RollbackPlan;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.resolve.Limits;
import dev.cairn.workflow.resolve.ResolvedSlurm;
import dev.cairn.workflow.resolve.ResolvedStep;
import dev.cairn.workflow.resolve.RunContext;
import dev.cairn.workflow.resolve.StepResolver;
import dev.cairn.workflow.resolve.StepResults;
import dev.cairn.workflow.spec.Every;
import dev.cairn.workflow.value.JsonText;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Decides for each planned step what it does, and whether it runs on this host or in a Slurm job. */
final class StepTaskFactory implements TaskSource {
    /** The variable in every step that names its run. */
    static final String RUN_ID = "CAIRN_RUN_ID";

    private static final Duration GRACE = Duration.ofSeconds(10);

    private final RunFolder run;
    private final RunOrigin origin;
    private final StepServices services;
    private final Optional<SlurmSteps> jobs;
    private final List<String> self;
    private final EarlierSuccesses successes;
    private final StepResolver resolver;
    private final Map<String, String> inherited;

    /**
     * @param runners the environment of this process
     * @param jobs the jobs of steps that are sent to Slurm; empty if all steps run here
     * @param self the command that starts this program
     * @param successes earlier successes whose outputs steps with {@code cache} may use
     */
    StepTaskFactory(
            Plan plan,
            RunFolder run,
            RunOrigin origin,
            Map<String, String> runners,
            StepServices services,
            Optional<SlurmSteps> jobs,
            List<String> self,
            EarlierSuccesses successes,
            StepResults results) {
        this.run = run;
        this.jobs = jobs;
        this.self = self;
        this.successes = successes;
        this.services = services;
        this.origin = origin;
        this.inherited = InheritedEnvironment.forAttempt(runners, origin.environment());
        Path file = origin.workflow().orElseGet(() -> origin.folder().resolve(origin.name()));
        Path named = origin.workflow().orElse(origin.folder());
        this.resolver = new StepResolver(
                plan,
                new RunContext(run.runId(), run.work(), file),
                results,
                inherited,
                read -> OrdinaryFile.readNamed(read, named));
    }

    @Override
    public boolean wanted(PlanStep step, Instance instance, Upstream upstream) throws UnresolvableException {
        return valueOf(resolver.runs(step, instance, upstream));
    }

    @Override
    public void decide(PlanStep step) throws IOException, UnresolvableException {
        Optional<List<Map<String, Value>>> recorded =
                MatrixRecord.read(run, step.matrix().key());
        if (recorded.isPresent()) {
            step.matrix().decide(recorded.get());
            return;
        }
        List<Map<String, Value>> found = valueOf(resolver.combinations(step));
        MatrixRecord.write(run, step.matrix().key(), found, services.publisher());
        step.matrix().decide(found);
    }

    @Override
    public StepExecution execution(PlanStep step, Instance instance, StepManifest manifest)
            throws UnresolvableException {
        StepTask task = task(step, instance, manifest);
        LocalExecution local = new LocalExecution(manifest, task, services);
        StepExecution execution = isSent(step) ? sent(step, instance, manifest, local) : local;
        return task.reusable().isPresent()
                ? new ReusingExecution(execution, manifest, task, successes, run.runId(), services)
                : execution;
    }

    private StepExecution sent(PlanStep step, Instance instance, StepManifest manifest, LocalExecution local)
            throws UnresolvableException {
        JobPlan job = job(step, instance, LocalExecution.tries(manifest));
        return jobs.orElseThrow()
                .execution(manifest, job, array(step, step.matrix().instances(), job), local);
    }

    /** Describes the instances as a Slurm array, which makes the same request for all of its tasks. */
    @Override
    public Optional<Runnable> together(PlanStep step, List<Instance> instances) {
        // not as an array: it would wait for all of its instances; instances with an earlier
        // success need no job; and an array makes one request for all
        if (!isSent(step) || step.policies().cache().isPresent() || step.asksForItsAttempt()) {
            return Optional.empty();
        }
        try {
            JobPlan first = job(step, instances.get(0), 1);
            for (Instance instance : instances) {
                if (!first.asksTheSameAs(job(step, instance, 1))) {
                    return Optional.empty();
                }
            }
            return Optional.of(jobs.orElseThrow().gather(array(step, instances, first)));
        } catch (UnresolvableException saidWhenItsTurnIsAskedFor) {
            return Optional.empty();
        }
    }

    @Override
    public boolean isUnderWay(PlanStep step, Instance instance) {
        return isSent(step) && jobs.orElseThrow().isUnderWay(instance.id());
    }

    /** Whether the step is sent to Slurm. A step that only waits for others stays here. */
    private boolean isSent(PlanStep step) {
        return jobs.isPresent() && step.placement().slurm().isPresent() && !(step.action() instanceof Action.Uses);
    }

    private JobPlan job(PlanStep step, Instance instance, int attempt) throws UnresolvableException {
        ResolvedSlurm asked = valueOf(resolver.slurm(step, instance, attempt));
        List<String> command = new ArrayList<>(self);
        command.addAll(List.of("slurm", "step", run.path().toString(), instance.id()));
        return new JobPlan(
                "cairn-" + run.runId() + "-" + instance.id(),
                origin.folder(),
                asked.settings(),
                asked.further(),
                command);
    }

    private ArrayPlan array(PlanStep step, List<Instance> instances, JobPlan one) {
        List<String> command = new ArrayList<>(self);
        command.addAll(List.of("slurm", "task", run.path().toString(), step.id()));
        return new ArrayPlan(
                step.id(),
                instances.stream().collect(Collectors.toMap(Instance::id, Instance::index)),
                step.matrix().maxParallel(),
                new JobPlan(
                        "cairn-" + run.runId() + "-" + step.id(),
                        one.folder(),
                        one.settings(),
                        one.further(),
                        command));
    }

    @Override
    public Capacity wants(PlanStep step, Instance instance, StepManifest manifest) {
        Result<Limits> limits = resolver.limits(step, instance, LocalExecution.tries(manifest));
        return limits instanceof Result.Ok<Limits> ok
                ? new Capacity(ok.value().cpus(), ok.value().memoryBytes())
                : Capacity.NONE; // reported when its execution is created
    }

    private StepTask task(PlanStep step, Instance instance, StepManifest manifest) throws UnresolvableException {
        int attempt = LocalExecution.tries(manifest);
        ResolvedStep resolved = valueOf(resolver.resolve(step, instance));
        Limits limits = valueOf(resolver.limits(step, instance, attempt));
        CheckpointPlan checkpoint = step.policies().checkpoint();
        String engine = step.action() instanceof Action.Uses uses ? uses.what() : checkpoint.engine();
        StepFolder folder = run.step(instance.id());
        try {
            DurableFiles.createFolders(folder.path());
            DurableFiles.createFoldersUnsynced(temporary(folder));
            DurableFiles.createFolders(run.work());
            Masks.add(folder.masks(), resolved.masked());
            return new StepTask(
                    command(resolved, step, instance),
                    resolved.workingDirectory(),
                    environment(step, resolved, folder),
                    Umask.current(),
                    step.placement().baselineCpu(),
                    io(resolved, folder),
                    Fingerprint.of(resolved.identity(), engine),
                    resolved.identity().scripts(),
                    engine,
                    checkpoint.required(),
                    policy(checkpoint),
                    step.policies().retry(),
                    limits.timeout(),
                    GRACE,
                    rollback(step, resolved, folder),
                    services.job().isEmpty(),
                    checkpoint.app().map(app -> app(app, resolved)),
                    shortage(step, instance, limits, attempt),
                    resolved.outputs(),
                    step.products().texts(),
                    isPartOfRun()
                            ? Optional.empty()
                            : Reusable.of(resolved, step.products().texts(), run));
        } catch (IOException e) {
            throw new UnresolvableException("it cannot be prepared: " + e.getMessage());
        }
    }

    /** Whether this process is the Slurm job of one step: the submitting runner reuses and remembers successes. */
    private boolean isPartOfRun() {
        return !run.path().equals(run.base());
    }

    /** The resources of its job if it runs in one, or else of this host. */
    private Optional<String> shortage(PlanStep step, Instance instance, Limits limits, int attempt)
            throws UnresolvableException {
        ResourceShortfall shortage = step.placement().slurm().isPresent()
                ? new ResourceShortfall(
                        JobPlan.cpus(valueOf(resolver.slurm(step, instance, attempt))
                                        .settings())
                                .orElse(0),
                        0)
                : new ResourceShortfall(limits.cpus(), limits.memoryBytes());
        return services.job().map(shortage::in).orElseGet(() -> shortage.on(Capacity.ofThisHost()));
    }

    /** As {@link Engines} says it of a step with {@code uses}. */
    private List<String> command(ResolvedStep resolved, PlanStep step, Instance instance) throws UnresolvableException {
        if (!(step.action() instanceof Action.Uses uses)) {
            return resolved.command();
        }
        Map<String, Value> told = new TreeMap<>(valueOf(resolver.parameters(step, instance)));
        Map<String, Value> files = new TreeMap<>();
        resolved.outputs().forEach((name, file) -> files.put(name, new Value.Text(file.toString())));
        told.put("outputs", new Value.Fields(files));
        return List.of(uses.what(), JsonText.of(new Value.Fields(told)));
    }

    private Map<String, String> environment(PlanStep step, ResolvedStep resolved, StepFolder folder) {
        Map<String, String> environment = new TreeMap<>(inherited);
        environment.put("TMPDIR", temporary(folder).toString());
        environment.putAll(resolved.environment());
        environment.put(RUN_ID, run.runId());
        environment.put("CAIRN_RUN_DIR", run.work().toString());
        environment.put("CAIRN_STEP_ID", folder.stepId());
        environment.put("CAIRN_OUTPUT", folder.output().toString());
        return step.placement().baselineCpu() ? BaselineCpu.in(environment) : environment;
    }

    private static Path temporary(StepFolder folder) {
        return folder.path().resolve("tmp");
    }

    private StepIo io(ResolvedStep resolved, StepFolder folder) {
        Optional<CommandOrigin.TerminalSize> terminal = origin.command().flatMap(CommandOrigin::terminal);
        return terminal.isPresent()
                ? new StepIo.Terminal(terminal.get().rows(), terminal.get().columns(), folder.stdout())
                : new StepIo.Files(resolved.standardInput(), folder.stdout(), folder.stderr());
    }

    private static CheckpointPolicy policy(CheckpointPlan plan) {
        return new CheckpointPolicy(
                interval(plan.every()),
                plan.meanTimeBetweenFailures(),
                plan.keep(),
                plan.compression(),
                plan.minFreeBytes(),
                plan.beforeTimeout(),
                plan.keepBinaries(),
                plan.journalBytes(),
                plan.ioUring());
    }

    private static CheckpointPolicy.Interval interval(Every every) {
        if (every instanceof Every.Interval interval) {
            return new CheckpointPolicy.Interval.Every(interval.length());
        }
        return every instanceof Every.Auto
                ? new CheckpointPolicy.Interval.Auto()
                : new CheckpointPolicy.Interval.OnRequest();
    }

    private static AppCheckpoints app(CheckpointPlan.App app, ResolvedStep resolved) {
        return new AppCheckpoints(app.signal(), app.files(), resolved.resumeCommand(), app.settle());
    }

    private Rollback rollback(PlanStep step, ResolvedStep resolved, StepFolder folder) {
        RollbackPlan plan = step.policies().rollback();
        List<Path> trees = new ArrayList<>(resolved.rollbackTrees());
        if (plan.openFiles()) {
            trees.add(temporary(folder));
            trees.add(folder.output());
        }
        return new Rollback(plan.openFiles(), trees);
    }

    private static <T> T valueOf(Result<T> result) throws UnresolvableException {
        if (result instanceof Result.Ok<T> ok) {
            return ok.value();
        }
        throw new UnresolvableException(
                result.problems().stream().map(Problem::toString).collect(Collectors.joining("; ")));
    }
}
