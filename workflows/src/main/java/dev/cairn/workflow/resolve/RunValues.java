package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.Use;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The values that the expressions of all steps of a run share. As thread-safe as its {@link StepResults}. */
final class RunValues implements StepContext.Run {
    private final Plan plan;
    private final RunContext run;
    private final StepResults results;
    private final NamedFiles files;
    private final Map<String, PlanStep> steps = new HashMap<>();
    private final Map<String, Pairing> pairings = new ConcurrentHashMap<>();

    RunValues(Plan plan, RunContext run, StepResults results, NamedFiles files) {
        this.plan = plan;
        this.run = run;
        this.results = results;
        this.files = files;
        plan.steps().forEach(step -> steps.put(step.id(), step));
    }

    @Override
    public StepResults results() {
        return results;
    }

    @Override
    public NamedFiles files() {
        return files;
    }

    @Override
    public Path folder() {
        return plan.folder();
    }

    @Override
    public Optional<PlanStep> step(String id) {
        return Optional.ofNullable(steps.get(id));
    }

    @Override
    public Pairing pairing(PlanStep step) {
        return pairings.computeIfAbsent(step.id(), id -> new Pairing(step));
    }

    /** @param problems receives inputs of a used workflow file that have no valid value */
    StepContext context(PlanStep step, Instance instance, Upstream upstream, Problems problems) {
        Map<String, Value> contexts = new HashMap<>();
        contexts.put("run", fields("id", run.id(), "dir", run.folder().toString()));
        contexts.put("workflow", workflow(step));
        contexts.put(
                "inputs",
                new Value.Fields(step.use()
                        .map(use -> inputs(use, step, instance, problems))
                        .orElse(plan.inputs())));
        contexts.put(
                "step",
                new Value.Fields(Map.of(
                        "id", new Value.Text(instance.id()),
                        "index", new Value.Number(instance.index()),
                        "count", new Value.Number(step.matrix().instances().size()))));
        if (step.matrix().declared()) {
            contexts.put("matrix", new Value.Fields(instance.values()));
        }
        return new StepContext(contexts, this, step, instance, upstream);
    }

    private Value workflow(PlanStep step) {
        String name = step.use().map(Use::name).orElse(plan.name());
        Path file = step.use().map(Use::file).orElse(run.workflowFile());
        Path folder = step.use().map(Use::folder).orElse(plan.folder());
        return fields("name", name, "file", file.toString(), "dir", folder.toString());
    }

    /** The inputs that the using step gives, with the values of its instance. */
    private Map<String, Value> inputs(Use use, PlanStep step, Instance instance, Problems problems) {
        PlanStep entry = Objects.requireNonNull(steps.get(use.entryId()), use.entryId());
        StepContext outside = context(entry, instanceOf(entry, step, instance), Upstream.WELL, problems);
        Map<String, Value> values = new LinkedHashMap<>();
        for (String name : use.inputs().keySet()) {
            values.put(name, Value.NULL);
            try {
                Parameter given = use.with().get(name);
                values.put(name, use.input(name, given == null ? Optional.empty() : Optional.of(given.value(outside))));
            } catch (ExpressionException e) {
                String file =
                        use.around().map(Use::file).orElse(run.workflowFile()).toString();
                problems.add(
                        Place.FILE,
                        "step " + use.id() + " in " + file + " line "
                                + e.position().line() + ": with." + name + ": " + e.reason());
            }
        }
        return values;
    }

    /** Finds the instance of one step that belongs to an instance of another. */
    Instance instanceOf(PlanStep step, PlanStep other, Instance instance) {
        List<Instance> all = step.matrix().instances();
        int place = step.matrix().isSameAs(other.matrix()) ? instance.index() - 1 : 0;
        return all.get(Math.min(all.size() - 1, Math.max(0, place)));
    }

    @Override
    public Value output(PlanStep step, int place, String name) {
        if (!(step.action() instanceof Action.LeavePart)) {
            String output = results.of(step.id(), place).outputs().get(0).get(name);
            return output == null ? Value.NULL : new Value.Text(output);
        }
        Template template = step.products().outputs().get(name);
        if (template == null || !results.of(step.id(), place).status().equals("succeeded")) {
            return Value.NULL;
        }
        Problems told = new Problems("");
        try {
            return template.value(context(step, step.matrix().instances().get(place), Upstream.WELL, told));
        } catch (ExpressionException e) {
            return Value.NULL;
        }
    }

    private static Value fields(String... pairs) {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            fields.put(pairs[i], new Value.Text(pairs[i + 1]));
        }
        return new Value.Fields(fields);
    }
}
