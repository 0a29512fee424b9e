package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys that {@code defaults} and each step can have; immutable. */
public record Settings(
        EnvLayer environment,
        Optional<Template> workingDirectory,
        Optional<Shell> shell,
        Optional<List<String>> modules,
        Optional<Setting<Duration>> timeout,
        Retry retry,
        Checkpoint checkpoint,
        Optional<Rollback> rollback,
        Placement placement) {

    public static final Settings NONE = new Settings(
            EnvLayer.EMPTY,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Retry.NONE,
            Checkpoint.NONE,
            Optional.empty(),
            Placement.NONE);

    /** These settings, completed by {@code defaults}. The environments stay separate. */
    public Settings over(Settings defaults) {
        return new Settings(
                environment,
                workingDirectory.or(defaults::workingDirectory),
                shell.or(defaults::shell),
                modules.or(defaults::modules),
                timeout.or(defaults::timeout),
                retry.over(defaults.retry),
                checkpoint.over(defaults.checkpoint),
                rollback.or(defaults::rollback),
                placement.over(defaults.placement));
    }
}
