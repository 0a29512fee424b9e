package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.spec.Input;
import dev.cairn.workflow.spec.SecretSource;
import dev.cairn.workflow.value.Value;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A workflow file as one step uses it ({@code uses: ./part.yaml}); immutable. Its steps are in the plan with the id of that step before
 * their own, between two steps without a process: one that decides whether they run, and one, with the id of the using step, that
 * ends when they have.
 *
 * @param id of the step that uses the file, as the plan has it
 * @param name the used workflow's
 * @param file the used file, absolute
 * @param secrets that it declares
 * @param inputs that it declares
 * @param with values for these, in the expressions of the file that uses it
 * @param around the use of the file in which the using step is written; empty for the run's own file
 */
public record Use(
        String id,
        String name,
        Path file,
        Map<String, SecretSource> secrets,
        Map<String, Input> inputs,
        Map<String, Parameter> with,
        Optional<Use> around) {

    /** The last part of the id of the step that decides whether the others run; no step of a used file can have it. */
    public static final String ENTRY = "if";

    public Use {
        secrets = Map.copyOf(secrets);
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
    }

    /** @param own the id that a step has in the used file */
    public String stepId(String own) {
        return id + "." + own;
    }

    /** The id of the step that decides whether the others run. */
    public String entryId() {
        return stepId(ENTRY);
    }

    /** This use and those around it, innermost first. */
    public Stream<Use> all() {
        return Stream.iterate(
                        Optional.of(this),
                        Optional::isPresent,
                        use -> use.orElseThrow().around())
                .map(Optional::orElseThrow);
    }

    /** The folder for relative paths of {@code env_file} and of secrets. */
    public Path folder() {
        return Optional.ofNullable(file.getParent()).orElse(file);
    }

    /**
     * The value of an input: a text becomes what the input's type says, a list stays a list.
     *
     * @param given what {@code with} has for it; empty for the default
     */
    public Value input(String name, Optional<Value> given) throws ExpressionException {
        Input input = Objects.requireNonNull(inputs.get(name), name);
        if (given.isEmpty() || given.get() instanceof Value.Null) {
            return input.fallback()
                    .flatMap(fallback -> InputValues.parse(input, fallback.text()))
                    .orElse(Value.NULL);
        }
        Value value = given.get();
        if (value instanceof Value.Items || value instanceof Value.Fields) {
            return value;
        }
        Optional<Value> typed = InputValues.parse(input, value.text());
        if (typed.isEmpty()) {
            throw new ExpressionException(
                    Position.START, InputValues.mismatch(name, input, value.text()) + ", in " + file.getFileName());
        }
        return typed.get();
    }

    /** What its steps depend on besides their own text, for {@link StepDefinition}. */
    List<Map.Entry<String, String>> definition() {
        return Stream.concat(
                        with.entrySet().stream()
                                .map(it -> Map.entry(
                                        "with." + it.getKey(), it.getValue().toString())),
                        inputs.entrySet().stream()
                                .filter(it -> !with.containsKey(it.getKey()))
                                .map(it -> Map.entry(
                                        "inputs." + it.getKey(),
                                        it.getValue()
                                                .fallback()
                                                .map(Value::text)
                                                .orElse(""))))
                .toList();
    }
}
