package dev.cairn.engine;

import java.time.Instant;

/** What became of one checkpoint, as journalled. */
public sealed interface CheckpointOutcome {
    record Published(ImageInfo image) implements CheckpointOutcome {}

    record Failed(Instant at, String reason, int code, String message) implements CheckpointOutcome {}
}
