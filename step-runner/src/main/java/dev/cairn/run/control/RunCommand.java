package dev.cairn.run.control;

import java.util.Optional;

/** A command to a run that another process owns. */
public sealed interface RunCommand {
    /**
     * An image now, of every running step or of one.
     *
     * @param stop then stop the checkpointed steps; the next runner resumes them
     */
    record Checkpoint(Optional<String> step, boolean stop) implements RunCommand {}

    record Pause() implements RunCommand {}

    record Cancel() implements RunCommand {}

    /** For a person: {@code checkpoint of step train}. */
    default String describe() {
        if (this instanceof Checkpoint checkpoint) {
            return "checkpoint"
                    + checkpoint.step().map(step -> " of step " + step).orElse("")
                    + (checkpoint.stop() ? ", then stop" : "");
        }
        return this instanceof Pause ? "pause" : "cancel";
    }
}
