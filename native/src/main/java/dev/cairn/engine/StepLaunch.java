package dev.cairn.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything an engine needs to start a step.
 *
 * @param attemptDir existing folder (0700) of this attempt: the supervisor's journal and socket go there
 * @param checkpointsDir the folder of this step's images; made if missing
 * @param command program and arguments; never a shell string
 * @param environment the whole environment; never written to disk
 * @param umask the step's file mode creation mask, e.g. 022
 * @param baselineCpu whether the environment limits libraries to x86-64-v2, so that images need not demand more of a
 *     host
 * @param timeout running time allowed in all; empty for none
 * @param spent running time already used by earlier attempts
 * @param grace between TERM and KILL
 * @param restoreFrom the image to resume from; empty starts from the beginning
 * @param acceptChanged files of the step that others changed since it ended go back, too
 * @param moved folders that the image knows under a former path, each with its path now; the engine finds a moved home
 *     by itself
 * @param outlivesRunner false where nothing may outlive the job (batch systems)
 * @param app what the engine {@code app} needs; empty for the others
 * @param renewals variables that the memory of the image has outdated, by name
 * @param lease where another host can reach the images; empty where none can
 */
public record StepLaunch(
        Path attemptDir,
        Path checkpointsDir,
        List<String> command,
        Path workingDirectory,
        Map<String, String> environment,
        int umask,
        boolean baselineCpu,
        StepIo io,
        CheckpointPolicy policy,
        Optional<Duration> timeout,
        Duration spent,
        Duration grace,
        Rollback rollback,
        Optional<Path> restoreFrom,
        boolean acceptChanged,
        Map<Path, Path> moved,
        boolean outlivesRunner,
        Optional<AppCheckpoints> app,
        Map<String, Renewal> renewals,
        Optional<LeaseTimes> lease) {

    public StepLaunch {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        moved = Map.copyOf(moved);
        renewals = Map.copyOf(renewals);
    }
}
