package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepExit;
import dev.cairn.run.action.ActionStep;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A DAG run as a running step. Only the thread that waits for the end sends requests to Airflow, and it holds no lock
 * meanwhile.
 */
final class DagRunStep extends ActionStep {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    /** How long a server that has not answered yet may be away. */
    private static final Duration PATIENCE_AT_FIRST = Duration.ofMinutes(2);
    /** How long a server that has answered before may be away. */
    private static final Duration PATIENCE = Duration.ofHours(6);

    private static final Duration PATIENCE_AT_END = Duration.ofMinutes(1);

    private final AirflowClient airflow;
    private final AttemptFile attempt;
    private final DagRunFollower follower;
    private final StepLog log;
    private final Duration longestPause;

    private @Nullable EndCause wanted;
    private Instant next;

    // used only by the waiting thread
    private Duration pause = FIRST_PAUSE;
    private Instant lastAnswer;
    private boolean answered;
    private boolean saidThatItIsAway;
    private @Nullable Instant endingSince;

    DagRunStep(AirflowClient airflow, AttemptFile attempt, StepLocation identity, Clock clock) {
        super(AirflowAction.SUBJECT, attempt.startedAt(), clock);
        this.airflow = airflow;
        this.attempt = attempt;
        this.follower = new DagRunFollower(airflow, attempt, identity, clock);
        this.log = new StepLog(attempt.log());
        this.longestPause = attempt.order().poll();
        this.next = clock.instant();
        this.lastAnswer = clock.instant();
        this.answered = attempt.hasBeenSeen();
        this.wanted = attempt.ending().map(EndCause::fromWire).orElse(null);
    }

    @Override
    public Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        do {
            awaitNextPoll(deadline);
            if (exit().isEmpty() && isDue()) {
                look();
            }
        } while (exit().isEmpty() && System.nanoTime() < deadline);
        return exit();
    }

    private boolean isDue() {
        synchronized (lock) {
            return !clock().instant().isBefore(next);
        }
    }

    /** Waits until the next poll is due, an end is requested, or the deadline passes. */
    private void awaitNextPoll(long deadline) throws InterruptedException {
        synchronized (lock) {
            while (exit().isEmpty()) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                long due = Duration.between(clock().instant(), next).toMillis();
                if (left <= 0 || due <= 0) {
                    return;
                }
                lock.wait(Math.min(left, due));
            }
        }
    }

    private void look() {
        EndCause cause = cause();
        try {
            if (cause != null && leavesItRunning(cause)) {
                conclude(
                        cause,
                        "DAG run " + attempt.runId() + " stays active in Airflow; the next attempt follows it again");
                return;
            }
            Verdict verdict = cause == null ? follower.look() : end(cause);
            hasAnswered();
            if (verdict instanceof Verdict.Ended ended) {
                conclude(ended.cause(), ended.message(), ended.retryable());
            } else {
                rest(verdict instanceof Verdict.Again);
            }
        } catch (AirflowException e) {
            notAnswered(e, cause);
        } catch (IOException | UncheckedIOException e) {
            conclude(EndCause.FAILURE, String.valueOf(e.getMessage()));
        }
    }

    private void hasAnswered() throws IOException {
        answered = true;
        lastAnswer = clock().instant();
        if (saidThatItIsAway) {
            saidThatItIsAway = false;
            log.say("the server answers again");
        }
    }

    /** The requested end, or the timeout; null to continue. */
    private @Nullable EndCause cause() {
        synchronized (lock) {
            AttemptFile.Limits limits = attempt.limits();
            boolean late = limits.timeout()
                    .filter(timeout -> limits.spent().plus(running()).compareTo(timeout) >= 0)
                    .isPresent();
            if (wanted == null && late) {
                wanted = EndCause.TIMEOUT;
            }
            return wanted;
        }
    }

    /** Whether the DAG run outlives an end with this cause. Only a cancelled or timed-out step ends its DAG run. */
    private static boolean leavesItRunning(EndCause cause) {
        return cause != EndCause.CANCELLED && cause != EndCause.TIMEOUT;
    }

    private Verdict end(EndCause cause) throws IOException {
        if (attempt.ending().isEmpty()) {
            attempt.ending(cause.wire());
            attempt.save();
        }
        if (endingSince == null) {
            endingSince = clock().instant();
        }
        return follower.end(cause);
    }

    private void notAnswered(AirflowException e, @Nullable EndCause cause) {
        if (Thread.currentThread().isInterrupted()) {
            return; // the runner detaches; the DAG run has not ended
        }
        Instant now = clock().instant();
        Instant since = endingSince == null ? lastAnswer : endingSince;
        Duration patience = cause != null ? PATIENCE_AT_END : answered ? PATIENCE : PATIENCE_AT_FIRST;
        if (e.mayPass() && Duration.between(since, now).compareTo(patience) < 0) {
            sayThatItIsAway(e, patience.minus(Duration.between(since, now)));
            rest(false);
        } else if (cause != null) {
            conclude(cause, "DAG run " + attempt.runId() + " could not be ended: " + e.getMessage());
        } else {
            conclude(EndCause.FAILURE, e.getMessage(), !e.isFinal());
        }
    }

    /** Written once per outage. If the log cannot be written, the next answer tries again. */
    private void sayThatItIsAway(AirflowException e, Duration left) {
        if (saidThatItIsAway) {
            return;
        }
        try {
            log.say(e.getMessage() + "; asked again for up to "
                    + Durations.format(left.truncatedTo(ChronoUnit.SECONDS)));
            saidThatItIsAway = true;
        } catch (IOException unwritten) {
            // the step continues without this line
        }
    }

    private void rest(boolean no) {
        synchronized (lock) {
            next = no
                    ? clock().instant()
                    : clock().instant().plus(pause.compareTo(longestPause) < 0 ? pause : longestPause);
        }
        Duration longer = pause.multipliedBy(3).dividedBy(2);
        pause = no ? FIRST_PAUSE : longer.compareTo(longestPause) < 0 ? longer : longestPause;
    }

    private void conclude(EndCause cause, String message) {
        conclude(cause, message, true);
    }

    @Override
    public void end(EndCause cause, Duration grace) {
        synchronized (lock) {
            if (wanted == null || wanted != EndCause.CANCELLED) {
                wanted = cause;
            }
            next = clock().instant();
            lock.notifyAll();
        }
    }

    @Override
    public void close() {
        airflow.close();
    }
}
