package dev.cairn.schedule;

import dev.cairn.workflow.spec.Concurrency;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A workflow that the daemon knows; immutable.
 *
 * @param id what people call it
 * @param file absolute
 * @param home where its runs lie
 * @param content of the file when it was last found to be valid
 * @param digest of {@code content}
 * @param problem what is wrong with the file as it is now; empty when nothing is
 */
public record ScheduledWorkflow(
        String id,
        Path file,
        Path home,
        String content,
        String digest,
        String problem,
        Optional<Concurrency> concurrency) {

    public ScheduledWorkflow withProblem(String found) {
        return new ScheduledWorkflow(id, file, home, content, digest, found, concurrency);
    }
}
