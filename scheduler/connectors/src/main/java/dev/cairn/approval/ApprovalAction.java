package dev.cairn.approval;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.run.action.Action;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Carries out {@code approval}: the step ends when a person decides. If nobody runs the run at that time, the next
 * attempt uses the decision. Immutable, thread-safe.
 */
public final class ApprovalAction extends Action {
    public static final String NAME = "approval";

    /** Begins messages. */
    static final String SUBJECT = "an approval";

    public ApprovalAction(Clock clock) {
        super(NAME, SUBJECT, clock);
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
    public StepProcess start(StepLaunch launch) throws EngineException {
        try {
            Optional<Duration> left = launch.timeout().map(timeout -> timeout.minus(launch.spent()));
            Approval approval = Approval.ask(launch.attemptDir(), question(launch), clock().instant(), left);
            Optional<Approval.Decision> known = decidedMeanwhile(launch.attemptDir());
            if (known.isPresent()) {
                approval.decide(known.get());
            } else {
                approval.save();
            }
            return new PendingApproval(launch.attemptDir(), approval, clock());
        } catch (JacksonException | IOException e) {
            throw new EngineException(0, "the approval cannot be asked for: " + e.getMessage());
        }
    }

    /** The decision on the attempt before, made after that attempt was stopped. */
    private static Optional<Approval.Decision> decidedMeanwhile(Path attempt) throws IOException {
        int number = Integer.parseInt(attempt.getFileName().toString()) - 1;
        Optional<Approval> before = Approval.read(attempt.resolveSibling("%03d".formatted(number)));
        return before.filter(it -> !it.isTaken()).flatMap(Approval::decision);
    }

    @Override
    protected Optional<StepProcess> begun(Path attemptDir) throws IOException {
        return Approval.read(attemptDir).map(approval -> new PendingApproval(attemptDir, approval, clock()));
    }

    @Override
    protected boolean hasBegun(Path attemptDir) throws IOException {
        return Approval.read(attemptDir).isPresent();
    }
}
