package dev.cairn.approval;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepExit;
import dev.cairn.run.action.ActionStep;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** An approval without a decision, as a running step. The thread that waits for the end polls the file. */
final class PendingApproval extends ActionStep {
    /** The polling interval: another host may write the file, and no event reports that. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final Path attempt;
    private final Optional<Instant> until;

    PendingApproval(Path attempt, Approval approval, Clock clock) {
        super(ApprovalAction.SUBJECT, approval.askedAt(), clock);
        this.attempt = attempt;
        this.until = approval.until();
    }

    @Override
    public Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        look();
        synchronized (lock) {
            while (exit().isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return Optional.empty();
                }
                lock.wait(Math.max(1, Math.min(left, LOOK_EVERY.toNanos()) / 1_000_000));
                if (exit().isEmpty()) {
                    look();
                }
            }
            return exit();
        }
    }

    private void look() throws EngineException {
        try {
            Optional<Approval> found = Approval.read(attempt);
            Optional<Approval.Decision> decision = found.flatMap(Approval::decision);
            if (decision.isPresent()) {
                found.get().take();
                Approval.Decision made = decision.get();
                conclude(made.approved() ? EndCause.SUCCESS : EndCause.FAILURE, made.words(), false);
            } else if (until.filter(end -> !clock().instant().isBefore(end)).isPresent()) {
                conclude(EndCause.TIMEOUT, "nobody has decided in time", false);
            }
        } catch (IOException e) {
            throw new EngineException(0, "the decision cannot be read: " + e.getMessage());
        }
    }

    @Override
    public void end(EndCause cause, Duration grace) {
        conclude(cause, "", false);
    }
}
