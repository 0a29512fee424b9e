package dev.cairn.run.action;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The engine of steps that have no process and take no images: an attempt keeps its state in a file of its folder, so any runner can attach to
 * it. Immutable, thread-safe.
 */
public abstract class Action implements Checkpointer {
    private final String name;
    private final String subject;
    private final Clock clock;

    /**
     * @param name the key by which a workflow file selects it
     * @param subject the begin of messages: {@code an approval}
     */
    protected Action(String name, String subject, Clock clock) {
        this.name = name;
        this.subject = subject;
        this.clock = clock;
    }

    /** The step of an attempt that a runner started before; empty if the attempt had not begun. */
    protected abstract Optional<StepProcess> begun(Path attemptDir) throws IOException, EngineException;

    /** Whether an attempt has written its file. */
    protected abstract boolean hasBegun(Path attemptDir) throws IOException;

    protected final Clock clock() {
        return clock;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean takesImages() {
        return false;
    }

    @Override
    public final List<HostFinding> check() {
        return List.of();
    }

    @Override
    public final Optional<StepProcess> attach(Path attemptDir) throws EngineException {
        try {
            return begun(attemptDir);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** An attempt without a file has sent no request. */
    @Override
    public final Optional<StepExit> exitOf(Path attemptDir) throws EngineException {
        try {
            return hasBegun(attemptDir)
                    ? Optional.empty()
                    : Optional.of(new StepExit(
                            EndCause.LOST,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            clock.instant(),
                            Duration.ZERO,
                            "its runner died before the attempt began",
                            OptionalLong.empty()));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private EngineException unreadable(IOException e) {
        return new EngineException(0, "the attempt of " + subject + " cannot be read: " + e.getMessage());
    }

    @Override
    public final List<CheckpointOutcome> checkpointsOf(Path attemptDir) {
        return List.of();
    }

    @Override
    public final ImageInfo describe(Path image) throws EngineException {
        throw new EngineException(0, image + ": " + subject + " has no images");
    }

    @Override
    public final Optional<String> unusable(Path image) {
        return Optional.of(subject + " has no images");
    }
}
