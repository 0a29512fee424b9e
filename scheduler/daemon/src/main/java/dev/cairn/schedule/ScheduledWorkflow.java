package dev.cairn.schedule;

import dev.cairn.workflow.spec.Concurrency;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A workflow that the daemon knows; immutable.
 *
 * @param id its id for people
 * @param file its absolute path
 * @param home the home of its runs
 * @param content the content of the file when it was last valid
 * @param digest of {@code content}
 * @param problem the problem of the present file; empty for none
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
