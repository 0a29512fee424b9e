package dev.cairn.run.event;

import dev.cairn.engine.EndCause;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RejectedImage;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** An event of a run. */
public sealed interface RunEvent {
    Instant at();

    /** An event of one step. */
    sealed interface OfStep extends RunEvent {
        String step();
    }

    /**
     * A process has become the run's owner.
     *
     * @param broken the owner before it, which was found dead, for a person
     */
    record Owned(Instant at, long epoch, String owner, Optional<String> broken) implements RunEvent {}

    /** The run has entered this state. */
    record RunChanged(Instant at, RunState state, String message) implements RunEvent {}

    /** A command or a signal arrived from outside. */
    record Requested(Instant at, String what) implements RunEvent {}

    record StepChanged(Instant at, String step, StepState state, String message) implements OfStep {}

    /**
     * The matrix of a step has been decided, and its instances take the step's place.
     *
     * @param instances their labels by their ids, in order
     */
    record InstancesDecided(Instant at, String step, Map<String, String> instances) implements OfStep {}

    /**
     * @param resumedFrom sequence of the image; empty for a start without one
     * @param host the host on which it runs
     * @param fingerprint the fingerprint of the step at its start
     * @param job the Slurm job in which it runs
     * @param repeats running time of earlier attempts that it repeats, at most
     */
    record AttemptStarted(
            Instant at,
            String step,
            int attempt,
            String engine,
            String host,
            String fingerprint,
            Optional<String> job,
            OptionalLong resumedFrom,
            List<RejectedImage> passed,
            Duration repeats)
            implements OfStep {

        public static AttemptStarted of(String step, AttemptRecord attempt) {
            return new AttemptStarted(
                    attempt.startedAt(),
                    step,
                    attempt.number(),
                    attempt.engine(),
                    attempt.host().name(),
                    attempt.fingerprint(),
                    attempt.job(),
                    attempt.resumedFrom(),
                    attempt.passed(),
                    attempt.repeats());
        }
    }

    /** The runner found a running step, which outlived its last runner. */
    record AttemptAttached(Instant at, String step, int attempt) implements OfStep {}

    record AttemptEnded(
            Instant at,
            String step,
            int attempt,
            EndCause cause,
            OptionalInt exitCode,
            OptionalInt signal,
            Duration running,
            String message)
            implements OfStep {}

    record ImagePublished(Instant at, String step, ImageRecord image) implements OfStep {}

    record CheckpointFailed(Instant at, String step, String reason, String message) implements OfStep {}

    /** Information for a person that changes no state. */
    record Note(Instant at, Optional<String> step, String message) implements RunEvent {}

    /** The manifest cannot be written for now; the steps continue, and the runner retries. */
    record CannotWrite(Instant at, String file, String reason) implements RunEvent {}

    /** Everything that could not be written has been written. */
    record WritesAgain(Instant at, Duration after) implements RunEvent {}
}
