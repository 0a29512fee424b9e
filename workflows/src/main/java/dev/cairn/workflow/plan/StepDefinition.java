package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Strategy;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The definition of a step's instance in the workflow file: with the same definition, it would do the same work again.
 * Limits, retries, placement and checkpoints are not part of it. Immutable.
 *
 * @param parts the text of each key that matters, by the key's name in the file
 */
public record StepDefinition(SortedMap<String, String> parts) {

    public StepDefinition {
        parts = new TreeMap<>(parts);
    }

    public static StepDefinition of(PlanStep step, Instance instance) {
        SortedMap<String, String> parts = new TreeMap<>();
        add(step.action(), parts);
        if (!step.isEdgeOfPart()) {
            step.use().ifPresent(use -> use.definition().forEach(it -> parts.put(it.getKey(), it.getValue())));
        }
        step.surroundings().environment().forEach(layer -> add(layer, parts));
        step.surroundings().workingDirectory().ifPresent(folder -> parts.put("working_directory", folder.text()));
        step.surroundings().standardInput().ifPresent(file -> parts.put("stdin", file.text()));
        parts.put("modules", String.join(" ", step.surroundings().modules()));
        parts.put("if", step.condition().text().strip());
        step.products().outputs().forEach((name, file) -> parts.put("outputs." + name, file.text()));
        step.products().texts().forEach(name -> parts.put("outputs." + name, Step.TEXT_OUTPUT));
        instance.values().forEach((name, value) -> parts.put("matrix." + name, value.toString()));
        return new StepDefinition(parts);
    }

    /** How a matrix that the run decides gets its values; empty for any other. */
    public static StepDefinition ofMatrix(PlanStep step) {
        SortedMap<String, String> parts = new TreeMap<>();
        step.matrix().decidedInRun().ifPresent(strategy -> add(strategy, parts));
        return new StepDefinition(parts);
    }

    private static void add(Strategy strategy, SortedMap<String, String> parts) {
        strategy.axes().forEach((name, axis) -> parts.put("strategy.matrix." + name, axis.toString()));
        parts.put("strategy.matrix.include", strategy.include().toString());
        parts.put("strategy.matrix.exclude", strategy.exclude().toString());
    }

    private static void add(Action action, SortedMap<String, String> parts) {
        if (action instanceof Action.Script script) {
            parts.put("run", script.text().text());
            parts.put("shell", quoted(script.shell().words()));
        } else if (action instanceof Action.Command command) {
            parts.put(
                    "command",
                    quoted(command.words().stream().map(Template::text).toList()));
        } else if (action instanceof Action.Uses uses) {
            parts.put("uses", uses.what());
            uses.with().forEach((name, parameter) -> parts.put("with." + name, parameter.toString()));
        }
    }

    /** Later entries win, as in the step's environment. The files of a layer come before its variables. */
    private static void add(EnvLayer layer, SortedMap<String, String> parts) {
        if (!layer.files().isEmpty()) {
            parts.merge(
                    "env_file",
                    quoted(layer.files().stream().map(Template::text).toList()),
                    (before, after) -> before + " " + after);
        }
        layer.variables().forEach((name, value) -> parts.put("env." + name, value.text()));
    }

    /** Encodes a list as a text; two lists never have the same text. */
    private static String quoted(List<String> words) {
        return words.stream()
                .map(word -> '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(" "));
    }

    /** The names of the keys in which two definitions differ. */
    public SortedSet<String> differences(StepDefinition other) {
        SortedSet<String> differences = new TreeSet<>();
        for (Map.Entry<String, String> part : parts.entrySet()) {
            if (!part.getValue().equals(other.parts.get(part.getKey()))) {
                differences.add(part.getKey());
            }
        }
        other.parts.keySet().stream().filter(key -> !parts.containsKey(key)).forEach(differences::add);
        return differences;
    }
}
