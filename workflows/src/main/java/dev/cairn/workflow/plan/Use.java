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
 * A workflow file as one step uses it ({@code uses: ./part.yaml}); immutable. In the plan, the ids of its steps begin
 * with the id of the using step. They lie between two steps without a process: a begin, which decides whether they run,
 * and an end, which has the id of the using step and ends when they have ended.
 *
 * @param id the plan's id of the step that uses the file
 * @param name the name of the used workflow
 * @param file the used file, absolute
 * @param secrets the secrets that it declares
 * @param inputs the inputs that it declares
 * @param with values for these inputs, with expressions of the using file
 * @param around the use of the file that holds the using step; empty for the run's own file
 */
public record Use(
        String id,
        String name,
        Path file,
        Map<String, SecretSource> secrets,
        Map<String, Input> inputs,
        Map<String, Parameter> with,
        Optional<Use> around) {

    /** The last part of the id of the begin, which no step of a used file can have. */
    public static final String ENTRY = "if";

    public Use {
        secrets = Map.copyOf(secrets);
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
    }

    /** @param own the id of a step in the used file */
    public String stepId(String own) {
        return id + "." + own;
    }

    /** The id of the begin, which decides whether the other steps run. */
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
     * The value of an input. A text is converted to the input's type; a list stays a list.
     *
     * @param given the value in {@code with}; empty for the default
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

    /** The values on which its steps depend besides their own text, for {@link StepDefinition}. */
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
