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
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers, when an instance's turn has come, whether it runs and what is started. Immutable, and as thread-safe as the
 * {@link StepResults} it asks.
 *
 * <p>Reads files: those of {@code env_file}, secrets, {@code read(path)}, and the beginnings of scripts in the command.
 */
public final class StepResolver {

    private final Plan plan;
    private final RunContext run;
    private final StepResults results;
    private final Map<String, String> inherited;
    private final NamedFiles files;
    private final Map<String, PlanStep> steps = new HashMap<>();
    private final Map<String, Pairing> pairings = new ConcurrentHashMap<>();
    private final Map<String, Value> constants;

    /**
     * @param inherited the runner's own environment, in which secrets are looked up
     * @param files how the files that the workflow names are read
     */
    public StepResolver(
            Plan plan, RunContext run, StepResults results, Map<String, String> inherited, NamedFiles files) {
        this.files = files;
        this.plan = plan;
        this.run = run;
        this.results = results;
        this.inherited = Map.copyOf(inherited);
        plan.steps().forEach(step -> steps.put(step.id(), step));
        this.constants = Map.of(
                "inputs", new Value.Fields(plan.inputs()),
                "run", fields("id", run.id(), "dir", run.folder().toString()),
                "workflow",
                        fields(
                                "name", plan.name(),
                                "file", run.workflowFile().toString(),
                                "dir", plan.folder().toString()));
    }

    /** Whether the step's condition holds for this instance, once everything it needs has ended. */
    public Result<Boolean> runs(PlanStep step, Instance instance, Upstream upstream) {
        Problems problems = problems();
        StepContext plain = context(step, instance, upstream);
        Context context = asksForEnvironment(step.condition()) ? withEnvironment(step, plain, problems) : plain;
        try {
            return problems.result(step.condition().holds(context));
        } catch (ExpressionException e) {
            problems.add(step.condition().place().at(e.position()), e.reason());
            return problems.broken();
        }
    }

    /** The combinations of a matrix that is decided while the run runs, once the steps that it awaits have ended; perhaps none. */
    public Result<List<Map<String, Value>>> combinations(PlanStep step) {
        Problems problems = problems();
        Strategy strategy = step.matrix().decidedInRun().orElseThrow();
        Context context = new StepContext(constants, steps, pairings, results, Upstream.WELL, plan.folder(), files);
        return problems.result(new MatrixExpansion(strategy, context, problems).combinations());
    }

    /** A step that is skipped needs none of its variables, and no secret in them. */
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

    /** What is started for the step. */
    public Result<ResolvedStep> resolve(PlanStep step, Instance instance) {
        Problems problems = problems();
        StepContext context = context(step, instance, Upstream.WELL);
        ResolvedEnvironment environment = environment(step, context, problems);
        StepContext all = context.with("env", values(environment.variables()));
        return new CommandResolver(plan, run, step, instance, all, environment, problems).resolve();
    }

    /** What a step with {@code uses} is told. */
    public Result<Map<String, Value>> parameters(PlanStep step, Instance instance) {
        Problems problems = problems();
        Map<String, Value> parameters = new LinkedHashMap<>();
        if (step.action() instanceof Action.Uses uses) {
            Context context = withEnvironment(step, context(step, instance, Upstream.WELL), problems);
            uses.with().forEach((name, parameter) -> parameter(name, parameter, context, parameters, problems));
        }
        return problems.result(parameters);
    }

    /** What a step with {@code runs_on: slurm} asks of it. */
    public Result<ResolvedSlurm> slurm(PlanStep step, Instance instance) {
        Problems problems = problems();
        Context context = withEnvironment(step, context(step, instance, Upstream.WELL), problems);
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

    private Problems problems() {
        return new Problems(run.workflowFile().toString());
    }

    private StepContext context(PlanStep step, Instance instance, Upstream upstream) {
        Map<String, Value> contexts = new HashMap<>(constants);
        contexts.put(
                "step",
                new Value.Fields(Map.of(
                        "id", new Value.Text(instance.id()),
                        "index", new Value.Number(instance.index()),
                        "count", new Value.Number(step.matrix().instances().size()))));
        if (step.matrix().declared()) {
            contexts.put("matrix", new Value.Fields(instance.values()));
        }
        return new StepContext(contexts, steps, pairings, results, upstream, plan.folder(), files);
    }

    private StepContext withEnvironment(PlanStep step, StepContext context, Problems problems) {
        return context.with("env", values(environment(step, context, problems).variables()));
    }

    private ResolvedEnvironment environment(PlanStep step, StepContext context, Problems problems) {
        return new EnvironmentResolver(plan, inherited, files, problems)
                .resolve(step.surroundings().environment(), context);
    }

    private static Map<String, Value> values(Map<String, String> texts) {
        Map<String, Value> values = new LinkedHashMap<>();
        texts.forEach((name, text) -> values.put(name, new Value.Text(text)));
        return values;
    }

    private static Value fields(String... pairs) {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            fields.put(pairs[i], new Value.Text(pairs[i + 1]));
        }
        return new Value.Fields(fields);
    }
}
