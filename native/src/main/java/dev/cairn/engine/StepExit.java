package dev.cairn.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How an attempt ended.
 *
 * @param running its running time, including pauses for checkpoints
 * @param image sequence of the image that a stop took
 * @param retryable false for a failure that the same attempt would meet again, such as an unknown host name
 */
public record StepExit(
        EndCause cause,
        OptionalInt exitCode,
        OptionalInt signal,
        Instant at,
        Duration running,
        String message,
        OptionalLong image,
        boolean retryable) {

    public StepExit(
            EndCause cause,
            OptionalInt exitCode,
            OptionalInt signal,
            Instant at,
            Duration running,
            String message,
            OptionalLong image) {
        this(cause, exitCode, signal, at, running, message, image, true);
    }
}
