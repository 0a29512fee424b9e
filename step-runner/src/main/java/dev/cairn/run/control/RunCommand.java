package dev.cairn.run.control;

import java.util.Optional;

/** A command to a run that another process owns. */
public sealed interface RunCommand {
    /**
     * Takes an image now, of one or of every running step.
     *
     * @param stop whether to stop the checkpointed steps; the next runner resumes them
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
