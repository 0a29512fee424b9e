package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Change;
import java.time.Instant;
import java.util.Optional;

/**
 * One notification. Its content is the same for every delivery and every sender. Immutable.
 *
 * @param run the run's id
 * @param workflow the workflow's name
 * @param key the run's key
 * @param sequence the number of its line in the run's journal, from 1
 * @param step the step concerned; empty if it concerns the run
 * @param text for a person
 */
public record Notice(
        String run,
        String workflow,
        Optional<String> key,
        long sequence,
        Instant at,
        Change change,
        Optional<String> step,
        String text) {

    /** The id by which a receiver recognises a repeated notification. */
    public String id() {
        return run + "-" + sequence;
    }
}
