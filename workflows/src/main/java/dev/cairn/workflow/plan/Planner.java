package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.StepGraph.Vertex;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Checkpoint;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Retry;
import dev.cairn.workflow.spec.RetryCause;
import dev.cairn.workflow.spec.Rollback;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.Shell;
import dev.cairn.workflow.spec.SlurmRequest;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.workflow.value.Value;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** From a workflow and its inputs to what is run. */
public final class Planner {

    private static final int DEFAULT_RETRIES = 3;
    private static final Duration DEFAULT_SETTLE = Duration.ofMillis(200);

    private final Workflow workflow;
    private final Problems problems;
    private final Context inputs;

    private Planner(Workflow workflow, Map<String, Value> inputs, Problems problems) {
        this.workflow = workflow;
        this.problems = problems;
        this.inputs = new InputContext(inputs);
    }

    /**
     * @param workflow without problems
     * @param inputs as given, by name; the values of an earlier plan give the same plan again
     * @param clock for inputs that default to {@code today} or {@code now}
     */
    public static Result<Plan> plan(Workflow workflow, Map<String, String> inputs, Clock clock) {
        Problems problems = new Problems(workflow.file().toString());
        Map<String, Value> values = InputValues.of(workflow.inputs(), inputs, clock, problems);
        Plan plan = new Planner(workflow, values, problems).plan(values);
        return problems.result(plan);
    }

    private Plan plan(Map<String, Value> values) {
        StepGraph graph = StepGraph.of(workflow.steps(), problems);
        BitSet alone = graph.alone();
        List<PlanStep> steps = new ArrayList<>();
        for (Vertex vertex : graph.order()) {
            Condition condition = vertex.step().condition().orElse(Condition.WHEN_WELL);
            steps.add(step(vertex.id(), vertex.step(), graph.needs(vertex), condition, alone.get(vertex.index())));
        }
        return new Plan(
                workflow.name(),
                workflow.folder(),
                values,
                steps,
                hooks("on_failure", workflow.onFailure()),
                hooks("finally", workflow.atEnd()),
                workflow.concurrency(),
                workflow.secrets(),
                workflow.notifications());
    }

    private List<PlanStep> hooks(String list, List<Step> steps) {
        List<PlanStep> hooks = new ArrayList<>();
        for (Step step : steps) {
            String id = step.id().map(Named::text).orElse(list + "-" + (hooks.size() + 1));
            Condition condition =
                    step.condition().map(Condition::whateverHappened).orElse(Condition.ALWAYS);
            hooks.add(step(id, step, List.of(), condition, true));
        }
        return hooks;
    }

    private PlanStep step(String id, Step step, List<String> needs, Condition condition, boolean alone) {
        Settings settings = step.settings().over(workflow.defaults());
        Matrix matrix =
                step.strategy().map(strategy -> matrix(id, strategy, needs)).orElseGet(() -> Matrix.single(id));
        return new PlanStep(
                id,
                step.name().orElse(id),
                needs,
                condition,
                action(step, settings),
                matrix,
                surroundings(step, settings),
                new Products(step.outputs(), step.artifacts()),
                new Policies(
                        settings.timeout(),
                        retry(settings.retry()),
                        checkpoint(settings.checkpoint(), !(settings.rollback().orElse(null) instanceof Rollback.None)),
                        rollback(settings, alone && matrix.isSingle()),
                        step.continueOnError(),
                        step.maskSecrets()),
                placement(settings.placement(), step.action().orElse(null) instanceof Work.Uses ? 0 : 1));
    }

    private Matrix matrix(String id, Strategy strategy, List<String> needs) {
        if (strategy.isDecidedInRun()) {
            Set<String> asked = strategy.stepsAskedFor();
            return Matrix.undecided(id, strategy, asked.isEmpty() ? Set.copyOf(needs) : asked);
        }
        List<Map<String, Value>> combinations = new MatrixExpansion(strategy, inputs, problems).combinations();
        if (combinations.isEmpty()) {
            return Matrix.single(id); // of a plan that has problems
        }
        return Matrix.of(Instance.ofMatrix(id, combinations), strategy);
    }

    private static Action action(Step step, Settings settings) {
        Work work = step.action().orElseThrow();
        if (work instanceof Work.Script script) {
            return new Action.Script(script.text(), settings.shell().orElse(Shell.BASH));
        }
        if (work instanceof Work.Command command) {
            return new Action.Command(command.words());
        }
        Work.Uses uses = (Work.Uses) work;
        return new Action.Uses(uses.what(), uses.with());
    }

    private Surroundings surroundings(Step step, Settings settings) {
        List<EnvLayer> layers = Stream.of(
                        workflow.environment(),
                        workflow.defaults().environment(),
                        step.settings().environment())
                .filter(layer -> !layer.isEmpty())
                .toList();
        return new Surroundings(
                layers,
                settings.workingDirectory(),
                step.standardInput(),
                settings.modules().orElse(List.of()));
    }

    private static RetryPolicy retry(Retry retry) {
        RetryPolicy never = RetryPolicy.NEVER;
        return new RetryPolicy(
                retry.max().orElse(retry.isEmpty() ? 0 : DEFAULT_RETRIES),
                retry.when().orElse(Set.of(RetryCause.FAILURE)),
                retry.delay().orElse(never.delay()),
                retry.backoff().orElse(never.backoff()),
                retry.maxDelay().orElse(never.maxDelay()));
    }

    /** @param rollsBack whether the files of the step go back with it at all */
    private static CheckpointPlan checkpoint(Checkpoint checkpoint, boolean rollsBack) {
        CheckpointPlan normal = CheckpointPlan.DEFAULT;
        Checkpoint.Storage storage = checkpoint.storage();
        return new CheckpointPlan(
                checkpoint.engine().orElse(normal.engine()),
                checkpoint.required().orElse(normal.required()),
                checkpoint.every().orElse(normal.every()),
                checkpoint.meanTimeBetweenFailures().orElse(normal.meanTimeBetweenFailures()),
                storage.keep().orElse(normal.keep()),
                storage.compression().orElse(normal.compression()),
                storage.minFreeBytes().orElse(normal.minFreeBytes()),
                checkpoint.beforeTimeout(),
                storage.keepBinaries().orElse(normal.keepBinaries()),
                storage.journalBytes().orElse(rollsBack ? normal.journalBytes() : 0L),
                storage.ioUring().orElse(normal.ioUring()),
                app(checkpoint));
    }

    private static Optional<CheckpointPlan.App> app(Checkpoint checkpoint) {
        Checkpoint.App app = checkpoint.app();
        return checkpoint
                .engine()
                .filter("app"::equals)
                .map(engine -> new CheckpointPlan.App(
                        app.signal(),
                        app.files().orElse(List.of()),
                        app.resumeRun(),
                        app.settle().orElse(DEFAULT_SETTLE)));
    }

    private static RollbackPlan rollback(Settings settings, boolean alone) {
        Rollback rollback = settings.rollback().orElseGet(Rollback.Open::new);
        if (rollback instanceof Rollback.None) {
            return RollbackPlan.NONE;
        }
        if (rollback instanceof Rollback.Tree tree) {
            List<Template> paths = tree.paths().isEmpty() ? List.of(Template.literal(".")) : tree.paths();
            return new RollbackPlan(true, true, alone, paths);
        }
        return new RollbackPlan(true, true, alone, List.of());
    }

    /** @param cpus when nothing is said: a step that only waits for others keeps none busy */
    private static Placement placement(dev.cairn.workflow.spec.Placement placement, double cpus) {
        SlurmRequest nothing = new SlurmRequest(Map.of(), List.of());
        return new Placement(
                placement.onSlurm().filter(on -> on).map(on -> placement.slurm().orElse(nothing)),
                placement.cpus().orElse(placement.onSlurm().orElse(false) ? 0.0 : cpus),
                placement.memoryBytes().map(OptionalLong::of).orElseGet(OptionalLong::empty),
                placement.baselineCpu().orElse(false));
    }
}
