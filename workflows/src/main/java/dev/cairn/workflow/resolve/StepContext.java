package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The values that expressions of a step instance can use; immutable.
 *
 * @param run the values for all steps
 * @param step the step whose expressions are computed
 * @param instance the instance of that step
 */
record StepContext(Map<String, Value> contexts, Run run, PlanStep step, Instance instance, Upstream upstream)
        implements Context {

    private static final int MOST_READ = 1 << 20;

    /** The values that the expressions of all steps of a run share. */
    interface Run {
        /** The results by the plan's id of the step. */
        Optional<PlanStep> step(String id);

        StepResults results();

        /** One output of one instance, by its index; null if the instance was skipped. */
        Value output(PlanStep step, int place, String name);

        Pairing pairing(PlanStep step);

        NamedFiles files();

        /** The folder for relative paths of data: that of the run's own workflow file. */
        Path folder();
    }

    StepContext {
        contexts = Map.copyOf(contexts);
    }

    /** The same with one more context. */
    StepContext with(String name, Map<String, Value> fields) {
        Map<String, Value> more = new HashMap<>(contexts);
        more.put(name, new Value.Fields(fields));
        return new StepContext(more, run, step, instance, upstream);
    }

    /** The same with the number of the try. */
    StepContext withAttempt(int attempt) {
        Map<String, Value> fields = new LinkedHashMap<>();
        if (contexts.get("step") instanceof Value.Fields known) {
            fields.putAll(known.fields());
        }
        fields.put("attempt", new Value.Number(attempt));
        return with("step", fields);
    }

    @Override
    public Optional<Value> value(String context) {
        return Optional.ofNullable(contexts.get(context));
    }

    /** The values of {@code inputs.NAME}. */
    Map<String, Value> inputs() {
        return contexts.get("inputs") instanceof Value.Fields inputs ? inputs.fields() : Map.of();
    }

    @Override
    public Optional<Value> step(String id) {
        Optional<PlanStep> asked = run.step(step.idOf(id));
        return asked.map(it -> it.matrix().isSameAs(step.matrix()) ? counterpart(it) : whole(it));
    }

    /** The result of a step that shares the matrix: that of the instance with the same values. */
    private Value counterpart(PlanStep asked) {
        int place = Math.max(0, instance.index() - 1);
        Map<String, Value> outputs = new LinkedHashMap<>();
        asked.products().names().forEach(name -> outputs.put(name, run.output(asked, place, name)));
        return result(run.results().of(asked.id(), place).status(), outputs);
    }

    private Value whole(PlanStep asked) {
        StepResult result = run.results().of(asked.id());
        Map<String, Value> outputs = new LinkedHashMap<>();
        asked.products()
                .names()
                .forEach(name ->
                        outputs.put(name, output(asked, name, result.outputs().size())));
        return result(result.status(), outputs);
    }

    private static Value result(String status, Map<String, Value> outputs) {
        return new Value.Fields(Map.of("status", new Value.Text(status), "outputs", new Value.Fields(outputs)));
    }

    @Override
    public Optional<Value> paired(String id, String output) {
        Optional<PlanStep> asked = run.step(step.idOf(id));
        if (asked.isEmpty() || !(contexts.get("matrix") instanceof Value.Fields own)) {
            return Optional.empty();
        }
        Pairing pairing = run.pairing(asked.get());
        if (!pairing.pairs(own.fields())) {
            return Optional.empty();
        }
        OptionalInt counterpart = pairing.counterpart(own.fields());
        return Optional.of(
                counterpart.isEmpty() ? Value.NULL : run.output(asked.get(), counterpart.getAsInt(), output));
    }

    /** A list for a matrix step, without skipped instances; null if the whole step was skipped. */
    private Value output(PlanStep asked, String name, int instances) {
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < instances; i++) {
            Value value = run.output(asked, i, name);
            if (!(value instanceof Value.Null)) {
                values.add(value);
            }
        }
        if (asked.matrix().declared()) {
            return new Value.Items(values);
        }
        return values.isEmpty() ? Value.NULL : values.get(0);
    }

    @Override
    public String read(String path) throws IOException {
        String text = run.files().text(run.folder().resolve(path));
        if (text.length() > MOST_READ) {
            throw new IOException("longer than " + (MOST_READ >> 10) + " KiB");
        }
        return text;
    }

    @Override
    public List<String> glob(String pattern) throws IOException {
        return Globs.of(run.folder(), pattern);
    }
}
