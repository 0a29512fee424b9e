package dev.cairn.engine;

import java.time.Duration;
import java.time.Instant;

/**
 * An entry of an attempt's journal: the result of a checkpoint, the result of a resume, or an event of the running
 * step.
 */
public sealed interface CheckpointOutcome {
    record Published(ImageInfo image) implements CheckpointOutcome {}

    record Failed(Instant at, String reason, int code, String message) implements CheckpointOutcome {}

    /** The step continues after its supervisor could not renew the lease. */
    record StoodStill(Instant at, Duration stood) implements CheckpointOutcome {}

    /** The step's lease was removed for the {@code times}-th time. Its supervisor wrote it again, and the step ran on. */
    record LeaseRecreated(Instant at, int times) implements CheckpointOutcome {}

    /** The step continues with kept programs and libraries, because this host has different files. */
    record StandIns(Instant at, String files) implements CheckpointOutcome {}

    /**
     * The resume moved away or truncated this many files, with this many bytes in all. They are kept in the attempt's
     * folder {@code undone}.
     */
    record RolledBack(Instant at, long files, long bytes) implements CheckpointOutcome {}

    /** The resume left these files as they are, because another step of the run changes them too. */
    record LeftAlone(Instant at, String files) implements CheckpointOutcome {}

    /** The host does not report the step's file changes, so the step runs without the requested journal. */
    record NotJournalled(Instant at, String reason) implements CheckpointOutcome {}
}
