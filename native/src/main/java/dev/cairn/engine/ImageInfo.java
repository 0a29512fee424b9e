package dev.cairn.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * A published image.
 *
 * @param bytes on disk
 * @param rawBytes before compression
 * @param digest identifies its content (XXH3-128, hex)
 * @param pause how long the step was paused
 * @param took time from the request to the publication
 * @param standing whether the memory was copied during the pause, because the host refused a copy-on-write clone
 */
public record ImageInfo(
        long sequence,
        Path path,
        Instant at,
        String reason,
        long bytes,
        long rawBytes,
        String digest,
        Duration pause,
        Duration took,
        boolean standing,
        OptionalLong parent) {}
