package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.FixedContext;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.StepGraph.Vertex;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Checkpoint;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Retry;
import dev.cairn.workflow.spec.RetryCause;
import dev.cairn.workflow.spec.Rollback;
import dev.cairn.workflow.spec.Setting;
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
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the plan of a run from a workflow and its inputs. */
public final class Planner {

    private static final int DEFAULT_RETRIES = 3;
    private static final Duration DEFAULT_SETTLE = Duration.ofMillis(200);

    /** A file name has at most 255 bytes, which include the number of an instance. */
    private static final int LONGEST_ID = 200;

    private final Workflow workflow;
    private final Problems problems;
    private final Context inputs;
    private final Optional<Surrounding> around;

    private Planner(Workflow workflow, Map<String, Value> inputs, Optional<Surrounding> around, Problems problems) {
        this.workflow = workflow;
        this.problems = problems;
        this.inputs = FixedContext.of("inputs", inputs);
        this.around = around;
    }

    /**
     * The place where a workflow file is used.
     *
     * @param matrix the matrix of the step that uses the file, if it has one
     * @param alone whether no other step runs at the same time
     */
    private record Surrounding(Use use, Optional<Function<String, Matrix>> matrix, boolean alone) {}

    /**
     * @param workflow without problems
     * @param inputs the given values by name; the values of an earlier plan produce the same plan
     * @param clock for inputs that default to {@code today} or {@code now}
     */
    public static Result<Plan> plan(Workflow workflow, Map<String, String> inputs, Clock clock) {
        Problems problems = new Problems(workflow.file().toString());
        Map<String, Value> values = InputValues.of(workflow.inputs(), inputs, clock, problems);
        Plan plan = new Planner(workflow, values, Optional.empty(), problems).plan(values);
        return problems.result(plan);
    }

    private Plan plan(Map<String, Value> values) {
        return new Plan(
                workflow.name(),
                workflow.folder(),
                values,
                steps(),
                hooks("on_failure", workflow.onFailure()),
                hooks("finally", workflow.atEnd()),
                workflow.concurrency(),
                workflow.timeout(),
                workflow.secrets(),
                workflow.notifications());
    }

    private List<PlanStep> steps() {
        StepGraph graph = StepGraph.of(workflow.steps(), problems);
        BitSet alone = graph.alone();
        List<PlanStep> steps = new ArrayList<>();
        for (Vertex vertex : graph.order()) {
            Step step = vertex.step();
            String id = idOf(vertex.id());
            List<String> needs = needs(graph.needs(vertex));
            boolean isAlone =
                    alone.get(vertex.index()) && around.map(Surrounding::alone).orElse(true);
            if (id.length() > LONGEST_ID) {
                problems.add(step.place(), "the id " + id + " is longer than " + LONGEST_ID + " characters");
            }
            if (step.action().orElse(null) instanceof Work.Part part) {
                steps.addAll(part(id, step, part, needs, isAlone));
            } else {
                steps.add(step(id, step, needs, step.condition().orElse(Condition.WHEN_WELL), isAlone));
            }
        }
        return steps;
    }

    private String idOf(String own) {
        return around.map(it -> it.use().stepId(own)).orElse(own);
    }

    /** The first steps of a used file wait for the decision whether the file runs at all. */
    private List<String> needs(List<String> own) {
        return own.isEmpty()
                ? around.map(it -> List.of(it.use().entryId())).orElse(List.of())
                : own.stream().map(this::idOf).toList();
    }

    /** The steps of a used workflow file, between its begin and its end. */
    private List<PlanStep> part(String id, Step step, Work.Part part, List<String> needs, boolean alone) {
        Workflow used = Objects.requireNonNull(workflow.parts().get(part.file().text()));
        Use use = new Use(
                id, used.name(), used.file(), used.secrets(), used.inputs(), part.with(), around.map(Surrounding::use));
        Optional<Function<String, Matrix>> own = step.strategy().map(strategy -> shape(id, strategy, needs));
        Optional<Function<String, Matrix>> matrix = own.isPresent() ? own : around.flatMap(Surrounding::matrix);
        boolean single = matrix.isEmpty();
        List<PlanStep> inner = new Planner(
                        used, Map.of(), Optional.of(new Surrounding(use, matrix, alone && single)), problems)
                .steps();
        List<PlanStep> all = new ArrayList<>();
        all.add(edge(
                use.entryId(),
                step,
                needs,
                step.condition().orElse(Condition.WHEN_WELL),
                new Action.EnterPart(part.with()),
                matrix,
                Products.NONE,
                around.map(Surrounding::use)));
        all.addAll(inner);
        all.add(edge(
                id,
                step,
                last(inner),
                Condition.WHEN_WELL,
                new Action.LeavePart(),
                matrix,
                new Products(used.outputs(), Set.of(), List.of()),
                Optional.of(use)));
        return all;
    }

    /** The steps that no other step needs. */
    private static List<String> last(List<PlanStep> steps) {
        Set<String> needed = steps.stream().flatMap(it -> it.needs().stream()).collect(Collectors.toSet());
        return steps.stream()
                .map(PlanStep::id)
                .filter(id -> !needed.contains(id))
                .toList();
    }

    private static PlanStep edge(
            String id,
            Step step,
            List<String> needs,
            Condition condition,
            Action action,
            Optional<Function<String, Matrix>> matrix,
            Products products,
            Optional<Use> use) {
        Policies usual = Policies.DEFAULT;
        return new PlanStep(
                id,
                step.name().orElse(id),
                needs,
                condition,
                action,
                matrix.map(it -> it.apply(id)).orElseGet(() -> Matrix.single(id)),
                Surroundings.NONE,
                products,
                new Policies(
                        usual.timeout(),
                        usual.retry(),
                        usual.checkpoint(),
                        usual.rollback(),
                        usual.cache(),
                        step.continueOnError(),
                        usual.maskSecrets()),
                Placement.HERE,
                use);
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
        Matrix matrix = step.strategy()
                .map(strategy -> shape(id, strategy, needs).apply(id))
                .or(() -> around.flatMap(Surrounding::matrix).map(it -> it.apply(id)))
                .orElseGet(() -> Matrix.single(id));
        return new PlanStep(
                id,
                step.name().orElse(id),
                needs,
                condition,
                action(step, settings),
                matrix,
                surroundings(step, settings),
                new Products(step.outputs(), step.texts(), step.artifacts()),
                new Policies(
                        settings.timeout(),
                        retry(settings.retry()),
                        checkpoint(settings.checkpoint(), !(settings.rollback().orElse(null) instanceof Rollback.None)),
                        rollback(settings, alone && matrix.isSingle()),
                        step.cache(),
                        step.continueOnError(),
                        step.maskSecrets()),
                placement(settings.placement(), step.action().orElse(null) instanceof Work.Uses ? 0 : 1),
                around.map(Surrounding::use));
    }

    /**
     * The matrix of a step, by the id of the step that has or shares it.
     *
     * @param key the id of the step that has the strategy
     */
    private Function<String, Matrix> shape(String key, Strategy strategy, List<String> needs) {
        OptionalInt atMost = maxParallel(strategy);
        // the inputs of a used file are known only when the run reaches it
        boolean asksForInputs = around.isPresent() && strategy.asksForInputs();
        if (strategy.isDecidedInRun() || asksForInputs) {
            Set<String> asked =
                    strategy.stepsAskedFor().stream().map(this::idOf).collect(Collectors.toSet());
            Set<String> awaits = asked.isEmpty() ? Set.copyOf(needs) : asked;
            return id -> Matrix.undecided(key, id, strategy, atMost, awaits);
        }
        List<Map<String, Value>> combinations = new MatrixExpansion(strategy, inputs, problems).combinations();
        return combinations.isEmpty()
                ? Matrix::single // in a plan with problems
                : id -> Matrix.of(key, Instance.ofMatrix(id, combinations), strategy, atMost);
    }

    private OptionalInt maxParallel(Strategy strategy) {
        if (strategy.maxParallel().isEmpty()) {
            return OptionalInt.empty();
        }
        Setting<Integer> most = strategy.maxParallel().get();
        try {
            return OptionalInt.of(most.in(inputs));
        } catch (ExpressionException e) {
            Place place = most.computed().map(Template::place).orElse(strategy.place());
            problems.add(
                    place.at(e.position()),
                    around.isPresent()
                            ? "must be a number: the inputs of a used file are known only when the run reaches it"
                            : e.reason());
            return OptionalInt.empty();
        }
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

    /** @param rollsBack whether a resume rolls the files of the step back */
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

    /** @param cpus the default: a step that only waits for others takes no cpu */
    private static Placement placement(dev.cairn.workflow.spec.Placement placement, double cpus) {
        SlurmRequest nothing = new SlurmRequest(Map.of(), List.of());
        return new Placement(
                placement.onSlurm().filter(on -> on).map(on -> placement.slurm().orElse(nothing)),
                placement
                        .cpus()
                        .orElseGet(() -> new Setting.Given<>(placement.onSlurm().orElse(false) ? 0.0 : cpus)),
                placement.memoryBytes(),
                placement.baselineCpu().orElse(false));
    }
}
