package dev.cairn.workflow.spec;

/**
 * How many runs of a workflow there may be at a time; immutable.
 *
 * @param limit at least 1
 */
public record Concurrency(int limit, Overlap onOverlap) {

    /** What happens to a run that would be one too many, or to the one in its way. Written in lower case in the file. */
    public enum Overlap {
        /** The new one does not start. */
        SKIP,
        /** The new one waits. */
        QUEUE,
        /** The oldest is cancelled. */
        CANCEL,
        /** The oldest is checkpointed and stopped. */
        CHECKPOINT
    }
}
