package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.MatrixExpansion;
import dev.cairn.workflow.plan.Placement;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.StepRules;
import dev.cairn.workflow.plan.Use;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.value.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides, when an instance could start, whether it runs, and resolves its command. Immutable; as thread-safe as its
 * {@link StepResults}.
 *
 * <p>Reads files: those of {@code env_file}, secrets, {@code read(path)}, and the beginnings of scripts in the command.
 */
public final class StepResolver {

    private final Plan plan;
    private final RunContext run;
    private final Map<String, String> inherited;
    private final NamedFiles files;
    private final RunValues values;

    /**
     * @param inherited the runner's own environment, in which secrets are looked up
     * @param files reads the files that the workflow names
     */
    public StepResolver(
            Plan plan, RunContext run, StepResults results, Map<String, String> inherited, NamedFiles files) {
        this.plan = plan;
        this.run = run;
        this.inherited = Map.copyOf(inherited);
        this.files = files;
        this.values = new RunValues(plan, run, results, files);
    }

    /** Whether the step's condition holds for this instance. Call it when everything that the step needs has ended. */
    public Result<Boolean> runs(PlanStep step, Instance instance, Upstream upstream) {
        Problems problems = problems(step);
        StepContext plain = values.context(step, instance, upstream, problems);
        Context context = asksForEnvironment(step.condition()) ? withEnvironment(step, plain, problems) : plain;
        try {
            return problems.result(step.condition().holds(context));
        } catch (ExpressionException e) {
            problems.add(step.condition().place().at(e.position()), e.reason());
            return problems.broken();
        }
    }

    /**
     * The instance of one step that belongs to an instance of another if they share a matrix; otherwise the first
     * instance.
     */
    public Instance instanceOf(PlanStep step, PlanStep other, Instance instance) {
        return values.instanceOf(step, other, instance);
    }

    /**
     * The combinations of a matrix that the run decides. Call it when the steps that it awaits have ended. May be
     * empty.
     */
    public Result<List<Map<String, Value>>> combinations(PlanStep step) {
        PlanStep owner = values.step(step.matrix().key() + "." + Use.ENTRY).orElse(step);
        Problems problems = problems(owner);
        Strategy strategy = step.matrix().decidedInRun().orElseThrow();
        Context context = values.context(owner, owner.matrix().instances().get(0), Upstream.WELL, problems);
        return problems.result(new MatrixExpansion(strategy, context, problems).combinations());
    }

    /**
     * Whether a condition needs the step's variables. If not, they are computed later: a skipped step needs none of
     * them, and no secret in them.
     */
    private static boolean asksForEnvironment(Condition condition) {
        List<Expression> asked = new ArrayList<>();
        condition.expression().visit(expression -> {
            if (expression instanceof Expression.Reference reference
                    && reference.context().equals("env")) {
                asked.add(expression);
            }
        });
        return !asked.isEmpty();
    }

    /** Resolves the command of the step. */
    public Result<ResolvedStep> resolve(PlanStep step, Instance instance) {
        Problems problems = problems(step);
        StepContext context = values.context(step, instance, Upstream.WELL, problems);
        ResolvedEnvironment environment = environment(step, context, problems);
        StepContext all = context.with("env", texts(environment.variables()));
        return new CommandResolver(plan, run, step, instance, all, environment, problems).resolve();
    }

    /** The parameters of a step with {@code uses}. */
    public Result<Map<String, Value>> parameters(PlanStep step, Instance instance) {
        Problems problems = problems(step);
        Map<String, Value> parameters = new LinkedHashMap<>();
        if (step.action() instanceof Action.Uses uses) {
            Context context = withEnvironment(step, values.context(step, instance, Upstream.WELL, problems), problems);
            uses.with().forEach((name, parameter) -> parameter(name, parameter, context, parameters, problems));
        }
        return problems.result(parameters);
    }

    /**
     * Its time limit and resources.
     *
     * @param attempt the value of {@code step.attempt}, from 1
     */
    public Result<Limits> limits(PlanStep step, Instance instance, int attempt) {
        Problems problems = problems(step);
        Context context = forLimits(step, instance, attempt, problems);
        Placement placement = step.placement();
        Optional<Duration> timeout = step.policies().timeout().flatMap(it -> value(it, context, problems));
        double cpus = value(placement.cpus(), context, problems).orElse(0.0);
        long memory = placement
                .memoryBytes()
                .flatMap(it -> value(it, context, problems))
                .orElse(0L);
        Optional<Duration> before = step.policies().checkpoint().beforeTimeout();
        if (timeout.isPresent()
                && before.filter(it -> it.compareTo(timeout.get()) >= 0).isPresent()) {
            problems.add(Place.FILE, "step " + step.id() + ": " + StepRules.notBefore(timeout.get()));
        }
        return problems.result(new Limits(timeout, cpus, memory));
    }

    /** Skips the environment if no expression is computed. */
    private Context forLimits(PlanStep step, Instance instance, int attempt, Problems problems) {
        StepContext plain =
                values.context(step, instance, Upstream.WELL, problems).withAttempt(attempt);
        return step.hasComputedLimits() ? withEnvironment(step, plain, problems) : plain;
    }

    private static <T> Optional<T> value(Setting<T> setting, Context context, Problems problems) {
        try {
            return Optional.of(setting.in(context));
        } catch (ExpressionException e) {
            Place place = setting.computed().map(Template::place).orElse(Place.FILE);
            problems.add(place.at(e.position()), e.reason());
            return Optional.empty();
        }
    }

    /**
     * The Slurm request of a step with {@code runs_on: slurm}.
     *
     * @param attempt the value of {@code step.attempt}, from 1
     */
    public Result<ResolvedSlurm> slurm(PlanStep step, Instance instance, int attempt) {
        Problems problems = problems(step);
        Context context = forLimits(step, instance, attempt, problems);
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> further = new ArrayList<>();
        step.placement().slurm().ifPresent(asked -> {
            asked.settings().forEach((option, value) -> settings.put(option, text(value, context, problems)));
            asked.options().forEach(option -> further.add(text(option, context, problems)));
        });
        return problems.result(new ResolvedSlurm(settings, further));
    }

    private static String text(Template template, Context context, Problems problems) {
        try {
            return template.render(context, Template.Insertion.AS_IS);
        } catch (ExpressionException e) {
            problems.add(template.place().at(e.position()), e.reason());
            return "";
        }
    }

    private static void parameter(
            String name, Parameter parameter, Context context, Map<String, Value> values, Problems problems) {
        try {
            values.put(name, parameter.value(context));
        } catch (ExpressionException e) {
            problems.add(new Place(e.position(), "with." + name), e.reason());
        }
    }

    /** The secrets of the file that holds the step. */
    private Problems problems(PlanStep step) {
        return new Problems(step.use().map(Use::file).orElse(run.workflowFile()).toString());
    }

    private StepContext withEnvironment(PlanStep step, StepContext context, Problems problems) {
        return context.with("env", texts(environment(step, context, problems).variables()));
    }

    private ResolvedEnvironment environment(PlanStep step, StepContext context, Problems problems) {
        return new EnvironmentResolver(
                        step.use().map(Use::folder).orElse(plan.folder()),
                        step.use().map(Use::secrets).orElse(plan.secrets()),
                        inherited,
                        files,
                        problems)
                .resolve(step.surroundings().environment(), context);
    }

    private static Map<String, Value> texts(Map<String, String> texts) {
        Map<String, Value> values = new LinkedHashMap<>();
        texts.forEach((name, text) -> values.put(name, new Value.Text(text)));
        return values;
    }
}
