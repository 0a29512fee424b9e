package dev.cairn.engine;

import java.time.Duration;
import java.time.Instant;

/** What became of one checkpoint, or of going on from one, as journalled; or of the step beside them. */
public sealed interface CheckpointOutcome {
    record Published(ImageInfo image) implements CheckpointOutcome {}

    record Failed(Instant at, String reason, int code, String message) implements CheckpointOutcome {}

    /** The step continues after its supervisor could not renew the lease. */
    record StoodStill(Instant at, Duration stood) implements CheckpointOutcome {}

    /** The step's lease was removed for the {@code times}-th time. Its supervisor wrote it again, and the step ran on. */
    record LeaseRecreated(Instant at, int times) implements CheckpointOutcome {}

    /** The step continues with kept programs and libraries, because this host has different files. */
    record StandIns(Instant at, String files) implements CheckpointOutcome {}

    /** Going on from an image took away or cut so many files, of so many bytes in all; they are in the attempt's folder {@code undone}. */
    record RolledBack(Instant at, long files, long bytes) implements CheckpointOutcome {}

    /** Going on from an image left these files as they are, since another step of the run changes them too. */
    record LeftAlone(Instant at, String files) implements CheckpointOutcome {}

    /** The host does not report the step's file changes: the step runs without the journal that was requested. */
    record NotJournalled(Instant at, String reason) implements CheckpointOutcome {}
}
