package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A workflow file; immutable.
 *
 * @param name the given name, else the file's name without extension
 * @param file absolute
 * @param timeout limit for a whole run
 * @param onFailure the steps that run if the run has failed
 * @param atEnd the steps under {@code finally}
 * @param outputs the outputs of a step that uses this file
 * @param parts the workflow files that steps use, by the text of {@code uses}
 */
public record Workflow(
        String name,
        Path file,
        Map<String, Input> inputs,
        List<Schedule> schedules,
        Optional<Concurrency> concurrency,
        Optional<Duration> timeout,
        Map<String, SecretSource> secrets,
        EnvLayer environment,
        Settings defaults,
        List<Step> steps,
        List<Step> onFailure,
        List<Step> atEnd,
        List<Notification> notifications,
        Map<String, Template> outputs,
        Map<String, Workflow> parts) {

    public Workflow {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        schedules = List.copyOf(schedules);
        secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
        steps = List.copyOf(steps);
        onFailure = List.copyOf(onFailure);
        atEnd = List.copyOf(atEnd);
        notifications = List.copyOf(notifications);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        parts = Map.copyOf(parts);
    }

    /** The same workflow with the files that its steps use. */
    public Workflow withParts(Map<String, Workflow> used) {
        return new Workflow(
                name,
                file,
                inputs,
                schedules,
                concurrency,
                timeout,
                secrets,
                environment,
                defaults,
                steps,
                onFailure,
                atEnd,
                notifications,
                outputs,
                used);
    }

    /** The folder of the file, at which relative paths begin. */
    public Path folder() {
        return Optional.ofNullable(file.getParent()).orElse(file);
    }
}
