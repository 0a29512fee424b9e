package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Upstream;
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
 * What the expressions of one instance of a step see; immutable.
 *
 * @param steps those of the plan, by id
 * @param pairings those that were looked for so far, by the id of the step
 * @param folder where relative paths of {@code read(path)} begin
 * @param files that it reads
 */
record StepContext(
        Map<String, Value> contexts,
        Map<String, PlanStep> steps,
        Map<String, Pairing> pairings,
        StepResults results,
        Upstream upstream,
        Path folder,
        NamedFiles files)
        implements Context {

    private static final int MOST_READ = 1 << 20;

    StepContext {
        contexts = Map.copyOf(contexts);
    }

    /** The same, with one context more. */
    StepContext with(String name, Map<String, Value> fields) {
        Map<String, Value> more = new HashMap<>(contexts);
        more.put(name, new Value.Fields(fields));
        return new StepContext(more, steps, pairings, results, upstream, folder, files);
    }

    @Override
    public Optional<Value> value(String context) {
        return Optional.ofNullable(contexts.get(context));
    }

    @Override
    public Optional<Value> step(String id) {
        PlanStep step = steps.get(id);
        if (step == null) {
            return Optional.empty();
        }
        StepResult result = results.of(id);
        Map<String, Value> outputs = new LinkedHashMap<>();
        for (String name : step.products().outputs().keySet()) {
            outputs.put(name, output(name, step, result));
        }
        return Optional.of(new Value.Fields(
                Map.of("status", new Value.Text(result.status()), "outputs", new Value.Fields(outputs))));
    }

    @Override
    public Optional<Value> paired(String id, String output) {
        PlanStep step = steps.get(id);
        if (step == null || !(contexts.get("matrix") instanceof Value.Fields own)) {
            return Optional.empty();
        }
        Pairing pairing = pairings.computeIfAbsent(id, it -> new Pairing(step));
        if (!pairing.pairs(own.fields())) {
            return Optional.empty();
        }
        OptionalInt counterpart = pairing.counterpart(own.fields());
        if (counterpart.isEmpty()) {
            return Optional.of(Value.NULL);
        }
        Path path = results.outputs(id, counterpart.getAsInt()).get(output);
        return Optional.of(path == null ? Value.NULL : new Value.Text(path.toString()));
    }

    /** A path; of a matrix step a list of them; null when the step was skipped. */
    private static Value output(String name, PlanStep step, StepResult result) {
        List<Value> paths = new ArrayList<>();
        for (Map<String, Path> outputs : result.outputs()) {
            Path path = outputs.get(name);
            if (path != null) {
                paths.add(new Value.Text(path.toString()));
            }
        }
        if (step.matrix().declared()) {
            return new Value.Items(paths);
        }
        return paths.isEmpty() ? Value.NULL : paths.get(0);
    }

    @Override
    public String read(String path) throws IOException {
        Path file = folder.resolve(path);
        String text = files.text(file);
        if (text.length() > MOST_READ) {
            throw new IOException("longer than " + (MOST_READ >> 10) + " KiB");
        }
        return text;
    }

    @Override
    public List<String> glob(String pattern) throws IOException {
        return Globs.of(folder, pattern);
    }
}
