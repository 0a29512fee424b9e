package dev.cairn.workflow.spec;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A workflow file; immutable.
 *
 * @param name as given, else the file's name without its ending
 * @param file absolute
 * @param onFailure steps run when the run has failed
 * @param atEnd the steps under {@code finally}
 */
public record Workflow(
        String name,
        Path file,
        Map<String, Input> inputs,
        List<Schedule> schedules,
        Optional<Concurrency> concurrency,
        Map<String, SecretSource> secrets,
        EnvLayer environment,
        Settings defaults,
        List<Step> steps,
        List<Step> onFailure,
        List<Step> atEnd,
        List<Notification> notifications) {

    public Workflow {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        schedules = List.copyOf(schedules);
        secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
        steps = List.copyOf(steps);
        onFailure = List.copyOf(onFailure);
        atEnd = List.copyOf(atEnd);
        notifications = List.copyOf(notifications);
    }

    /** Where the file lies: relative paths begin here. */
    public Path folder() {
        return Optional.ofNullable(file.getParent()).orElse(file);
    }
}
