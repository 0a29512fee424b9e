package dev.cairn.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How an attempt ended.
 *
 * @param running time it ran, pauses for checkpoints included
 * @param image sequence of the image with which a stop ended
 */
public record StepExit(
        EndCause cause,
        OptionalInt exitCode,
        OptionalInt signal,
        Instant at,
        Duration running,
        String message,
        OptionalLong image) {}
