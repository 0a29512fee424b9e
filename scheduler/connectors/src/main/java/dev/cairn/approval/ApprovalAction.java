package dev.cairn.approval;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Carries out {@code approval}: the step ends when a person decides. A decision that comes while nobody runs the run is found by the next
 * attempt. Immutable, thread-safe.
 */
public final class ApprovalAction implements Checkpointer {
    public static final String NAME = "approval";

    private final Clock clock;

    public ApprovalAction(Clock clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean takesImages() {
        return false;
    }

    @Override
    public Optional<String> notice(StepLaunch launch) {
        return Optional.of("waits for approval: " + question(launch) + " Decide with: cairn approve "
                + launch.environment().get("CAIRN_RUN_ID") + " "
                + launch.environment().get("CAIRN_STEP_ID") + " [--reject]");
    }

    private static String question(StepLaunch launch) {
        return JsonMapper.shared()
                .readTree(launch.command().get(1))
                .path("question")
                .asString("");
    }

    @Override
    public List<HostFinding> check() {
        return List.of();
    }

    @Override
    public StepProcess start(StepLaunch launch) throws EngineException {
        try {
            Optional<Duration> left = launch.timeout().map(timeout -> timeout.minus(launch.spent()));
            Approval approval = Approval.ask(launch.attemptDir(), question(launch), clock.instant(), left);
            Optional<Approval.Decision> known = decidedMeanwhile(launch.attemptDir());
            if (known.isPresent()) {
                approval.decide(known.get());
            } else {
                approval.save();
            }
            return new PendingApproval(launch.attemptDir(), approval, clock);
        } catch (JacksonException | IOException e) {
            throw new EngineException(0, "it cannot be asked for: " + e.getMessage());
        }
    }

    /** What was decided on the attempt before, after it had been stopped. */
    private static Optional<Approval.Decision> decidedMeanwhile(Path attempt) throws IOException {
        int number = Integer.parseInt(attempt.getFileName().toString()) - 1;
        Optional<Approval> before = Approval.read(attempt.resolveSibling("%03d".formatted(number)));
        return before.filter(it -> !it.isTaken()).flatMap(Approval::decision);
    }

    @Override
    public Optional<StepProcess> attach(Path attemptDir) throws EngineException {
        try {
            return Approval.read(attemptDir).map(approval -> new PendingApproval(attemptDir, approval, clock));
        } catch (IOException e) {
            throw new EngineException(0, "it cannot be read: " + e.getMessage());
        }
    }

    /** An attempt without a file never asked. */
    @Override
    public Optional<StepExit> exitOf(Path attemptDir) throws EngineException {
        try {
            return Approval.read(attemptDir).isPresent()
                    ? Optional.empty()
                    : Optional.of(new StepExit(
                            EndCause.LOST,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            clock.instant(),
                            Duration.ZERO,
                            "its runner died before it had asked",
                            OptionalLong.empty()));
        } catch (IOException e) {
            throw new EngineException(0, "it cannot be read: " + e.getMessage());
        }
    }

    @Override
    public List<CheckpointOutcome> checkpointsOf(Path attemptDir) {
        return List.of();
    }

    @Override
    public ImageInfo describe(Path image) throws EngineException {
        throw new EngineException(0, image + ": an approval has no images");
    }

    @Override
    public Optional<String> unusable(Path image) {
        return Optional.of("an approval has no images");
    }
}
