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
 * @param inputs every declared input with its value, in the file's order; {@code today} and {@code now} are resolved
 * @param steps the steps, each after the steps that it needs, otherwise in the file's order
 * @param onFailure the steps that run one after the other if the run has failed
 * @param atEnd the {@code finally} steps, which always run, one after the other
 * @param concurrency how many runs of this workflow may run at a time; empty for any number
 * @param timeout limit for the whole run; empty for none
 * @param secrets the sources of the values of {@code secrets.NAME}
 * @param notifications the receivers of the run's events
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

    /** A plan with one step that runs a command without a shell: {@code cairn exec}. */
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
