package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Change;
import java.time.Instant;
import java.util.Optional;

/**
 * One notification. Its content is the same for every delivery and every sender. Immutable.
 *
 * @param run the run's id
 * @param workflow its name
 * @param key that finds the run
 * @param sequence the number of its line in the run's journal, from 1
 * @param step that it happened to; empty when it concerns the run
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

    /** By this a receiver knows one that it has had already. */
    public String id() {
        return run + "-" + sequence;
    }
}
