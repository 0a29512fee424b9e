package dev.cairn.http.internal.runs;

import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a list of runs is filtered by; immutable.
 *
 * @param name of its workflow or command
 * @param took from its start to its end; empty while it has none
 */
public record RunSummary(
        String id,
        String name,
        Optional<String> key,
        Optional<Path> workflow,
        RunState state,
        Instant createdAt,
        Optional<Duration> took) {

    static RunSummary of(RunManifest run) {
        return new RunSummary(
                run.id(),
                run.origin().name(),
                run.origin().key(),
                run.origin().workflow(),
                run.state(),
                run.createdAt(),
                run.endedAt().map(end -> Duration.between(run.createdAt(), end)));
    }
}
