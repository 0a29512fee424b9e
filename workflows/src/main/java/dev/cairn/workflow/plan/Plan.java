package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Concurrency;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.SecretSource;
import dev.cairn.workflow.value.Value;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole run, as decided before its first step starts; immutable.
 *
 * <p>Its size grows with the steps and the instances of their matrices, never with pairs of them.
 *
 * @param name the workflow's
 * @param folder where the workflow file lies, absolute: relative paths begin here
 * @param inputs every declared input with its value, {@code today} and {@code now} already dates; in the file's order
 * @param steps every step after those it needs, otherwise in the file's order
 * @param onFailure run one after the other when the run has failed; they need nothing
 * @param atEnd the {@code finally} steps: run one after the other whatever happened; they need nothing
 * @param concurrency how many runs of this workflow at a time; empty for any number
 * @param timeout how long the run may take in all; empty for any
 * @param secrets where the values of {@code secrets.NAME} come from
 * @param notifications who is told what becomes of the run
 */
public record Plan(
        String name,
        Path folder,
        Map<String, Value> inputs,
        List<PlanStep> steps,
        List<PlanStep> onFailure,
        List<PlanStep> atEnd,
        Optional<Concurrency> concurrency,
        Optional<Duration> timeout,
        Map<String, SecretSource> secrets,
        List<Notification> notifications) {

    public Plan {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        steps = List.copyOf(steps);
        onFailure = List.copyOf(onFailure);
        atEnd = List.copyOf(atEnd);
        secrets = Map.copyOf(secrets);
        notifications = List.copyOf(notifications);
    }

    /** A plan of one step that runs a command as it is given, without a shell: {@code cairn exec}. */
    public static Plan ofCommand(String name, Path folder, List<String> command, Policies policies) {
        Action action =
                new Action.Command(command.stream().map(Template::literal).toList());
        PlanStep step = PlanStep.alone(name, action, policies);
        return new Plan(
                name,
                folder,
                Map.of(),
                List.of(step),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                List.of());
    }
}
