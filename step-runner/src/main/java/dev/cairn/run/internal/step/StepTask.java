package dev.cairn.run.internal.step;

import dev.cairn.engine.AppCheckpoints;
import dev.cairn.engine.CheckpointPolicy;
import dev.cairn.engine.Rollback;
import dev.cairn.engine.StepIo;
import dev.cairn.run.internal.reuse.Reusable;
import dev.cairn.workflow.plan.RetryPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The task of a step, with every reference resolved.
 *
 * @param command program and arguments
 * @param environment the whole environment but {@code CAIRN_ATTEMPT}
 * @param baselineCpu whether the environment limits libraries to x86-64-v2, so that images need not demand more
 * @param fingerprint the digest of everything on which the step's memory depends, see {@link Fingerprint}
 * @param scripts the files that the command names and the fingerprint includes
 * @param engine name of the checkpoint engine
 * @param required whether the step must not run on a host that cannot checkpoint it
 * @param timeout running time over all attempts; empty for none
 * @param grace between TERM and KILL
 * @param shortage the resources that it asks for and that are missing here, for a person
 * @param outputs files by name; each must exist when the step succeeds
 * @param texts names that it must have written to {@code $CAIRN_OUTPUT} by then
 * @param reusable describes how an earlier success can be used; empty if the step always runs
 */
public record StepTask(
        List<String> command,
        Path workingDirectory,
        Map<String, String> environment,
        int umask,
        boolean baselineCpu,
        StepIo io,
        String fingerprint,
        List<Path> scripts,
        String engine,
        boolean required,
        CheckpointPolicy policy,
        RetryPolicy retry,
        Optional<Duration> timeout,
        Duration grace,
        Rollback rollback,
        boolean outlivesRunner,
        Optional<AppCheckpoints> app,
        Optional<String> shortage,
        Map<String, Path> outputs,
        Set<String> texts,
        Optional<Reusable> reusable) {

    public StepTask {
        command = List.copyOf(command);
        scripts = List.copyOf(scripts);
        environment = Map.copyOf(environment);
        outputs = Map.copyOf(outputs);
        texts = Set.copyOf(texts);
    }
}
