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
 * What a step is to do, with every reference resolved.
 *
 * @param command program and arguments
 * @param environment the whole environment but {@code CAIRN_ATTEMPT}
 * @param baselineCpu the environment holds libraries to x86-64-v2: the images need not demand more
 * @param fingerprint of what the step's memory depends on; see {@link Fingerprint}
 * @param scripts files that the command names and the fingerprint has read
 * @param engine name of the checkpoint engine
 * @param required false: where the host cannot checkpoint the step, it runs unprotected
 * @param timeout running time over all attempts; empty for none
 * @param grace between TERM and KILL
 * @param shortage what it asks for and does not have here, for a person
 * @param outputs name to file; each must be there when the step succeeds
 * @param texts names that it must have written to {@code $CAIRN_OUTPUT} then
 * @param reusable what may be taken over from an earlier success; empty where the step always runs
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
