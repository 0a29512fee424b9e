package dev.cairn.workflow.spec;

/**
 * How many runs of a workflow may run at a time; immutable.
 *
 * @param limit at least 1
 */
public record Concurrency(int limit, Overlap onOverlap) {

    /** What happens when a run exceeds the limit. The file has the names in lower case. */
    public enum Overlap {
        /** The new run does not start. */
        SKIP,
        /** The new one waits. */
        QUEUE,
        /** The oldest is cancelled. */
        CANCEL,
        /** The oldest run is checkpointed and stopped. */
        CHECKPOINT
    }
}
