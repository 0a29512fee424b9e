package dev.cairn.run.internal.resume;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.RetryPolicy;
import dev.cairn.workflow.spec.RetryCause;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides whether a step is retried. Each cause has a budget of its own. Failures have {@code retry.max} retries.
 * Timeouts have none, unless {@code retry.when} names them. Restores may fail {@value #RESTORES} times in a row.
 * Attempts that were ended from outside (killed, preempted, lost) resume without using up retries, until {@value
 * #BLAMELESS_WITHOUT_PROGRESS} in a row under one runner have made no newer image. Attempts that were lost before their
 * step ran, for example for lack of a descriptor or of disk space, are repeated up to {@value #STARTS} times in a row,
 * with pauses that grow to a minute. A failure that would occur again is final at once.
 */
public final class RetryBudgets {
    static final int RESTORES = 3;
    static final int BLAMELESS_WITHOUT_PROGRESS = 3;
    static final int STARTS = 20;

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Causes that say nothing about the program. */
    private static final Set<EndCause> BLAMELESS = Set.of(EndCause.KILLED, EndCause.PREEMPTED, EndCause.LOST);

    private RetryBudgets() {}

    /**
     * @param counted the attempts that count, oldest first; the last has ended
     * @param images the step's images
     * @param now the time at which the end was noticed
     */
    public static NextAction after(
            List<AttemptRecord> counted, List<ImageRecord> images, RetryPolicy policy, Instant now) {
        StepExit end = counted.get(counted.size() - 1).end().orElseThrow();
        return switch (end.cause()) {
            case SUCCESS -> new NextAction.Rest(StepState.SUCCEEDED, "");
            case FAILURE, OOM, TIMEOUT -> afterFailure(end, counted, policy, now);
            case RESTORE_FAILED -> afterFailedRestore(end, counted, now);
            case FILES_CHANGED -> new NextAction.Rest(StepState.FAILED, end.message());
            case KILLED, PREEMPTED, LOST -> afterBlameless(end, counted, images, now);
            case INTERRUPTED -> new NextAction.Rest(StepState.INTERRUPTED, end.message());
            case PAUSED -> new NextAction.Rest(StepState.PAUSED, end.message());
            case CANCELLED -> new NextAction.Rest(StepState.CANCELLED, end.message());
        };
    }

    /** Whether it was ended from outside, not by the step itself. Then it resumes without using up a retry. */
    public static boolean isBlameless(StepExit end) {
        return BLAMELESS.contains(end.cause());
    }

    /**
     * The number of the present or next try: 1, and one more for each failure. An attempt that was ended from outside
     * belongs to the same try.
     */
    public static int tries(List<AttemptRecord> counted) {
        return 1
                + (int) counted.stream()
                        .flatMap(attempt -> attempt.end().stream())
                        .filter(end -> countsAs(end.cause()).isPresent())
                        .count();
    }

    /** Running time that earlier attempts used up of the step's timeout. */
    public static Duration spent(List<AttemptRecord> counted) {
        Duration spent = Duration.ZERO;
        for (AttemptRecord attempt : counted) {
            // a retry after a timeout gets the whole time again; otherwise it could do no work
            spent = attempt.endedBy(EndCause.TIMEOUT)
                    ? Duration.ZERO
                    : spent.plus(attempt.end().map(StepExit::running).orElse(Duration.ZERO));
        }
        return spent;
    }

    private static NextAction afterFailure(StepExit end, List<AttemptRecord> counted, RetryPolicy policy, Instant now) {
        int failures = (int) counted.stream()
                .flatMap(attempt -> attempt.end().stream())
                .filter(earlier -> countsAs(earlier.cause())
                        .filter(policy.when()::contains)
                        .isPresent())
                .count();
        boolean counts = countsAs(end.cause()).filter(policy.when()::contains).isPresent();
        if (!counts || !end.retryable() || failures > policy.max()) {
            return new NextAction.Rest(StepState.FAILED, describe(end));
        }
        return new NextAction.TryAgain(
                now.plus(policy.delayBefore(failures)), describe(end) + "; retry " + failures + " of " + policy.max());
    }

    private static Optional<RetryCause> countsAs(EndCause cause) {
        return switch (cause) {
            case FAILURE -> Optional.of(RetryCause.FAILURE);
            case OOM -> Optional.of(RetryCause.OOM);
            case TIMEOUT -> Optional.of(RetryCause.TIMEOUT);
            default -> Optional.empty();
        };
    }

    private static NextAction afterFailedRestore(StepExit end, List<AttemptRecord> counted, Instant now) {
        if (counted.get(counted.size() - 1).resumedFrom().equals(OptionalLong.of(0))) {
            return new NextAction.Rest(
                    StepState.FAILED,
                    "its files could not be rolled back to its start: " + end.message()
                            + "; a resume with --restart starts it on the files as they are");
        }
        long inARow = trailing(counted, attempt -> attempt.endedBy(EndCause.RESTORE_FAILED));
        return inARow > RESTORES
                ? new NextAction.Rest(
                        StepState.FAILED, inARow + " images in a row could not be restored; the last: " + end.message())
                : new NextAction.TryAgain(now, "could not be restored from its image: " + end.message());
    }

    private static NextAction afterBlameless(
            StepExit end, List<AttemptRecord> counted, List<ImageRecord> images, Instant now) {
        AttemptRecord last = counted.get(counted.size() - 1);
        Predicate<AttemptRecord> fruitless =
                attempt -> attempt.end().filter(RetryBudgets::isBlameless).isPresent()
                        && attempt.epoch() == last.epoch()
                        && startOf(attempt) == startOf(last)
                        && !hasMadeOneOf(images, attempt);
        List<AttemptRecord> inARow =
                counted.subList(counted.size() - (int) trailing(counted, fruitless), counted.size());
        long ran = inARow.stream().filter(attempt -> !neverRan(attempt)).count();
        long starts = trailing(inARow, RetryBudgets::neverRan);
        if (ran >= BLAMELESS_WITHOUT_PROGRESS) {
            return failed("ended from outside " + ran + " times in a row without a newer image", end);
        }
        return starts >= STARTS
                ? failed("could not be started " + starts + " times in a row", end)
                : new NextAction.TryAgain(now.plus(pauseAfter(starts > 0 ? starts : ran)), end.message());
    }

    private static NextAction failed(String what, StepExit last) {
        return new NextAction.Rest(
                StepState.FAILED,
                what + "; the last time it was " + last.cause().wire() + ": " + last.message());
    }

    private static boolean hasMadeOneOf(List<ImageRecord> images, AttemptRecord attempt) {
        return images.stream().anyMatch(image -> image.sequence() > 0 && image.attempt() == attempt.number());
    }

    private static boolean neverRan(AttemptRecord attempt) {
        return attempt.endedBy(EndCause.LOST)
                && attempt.end().filter(end -> end.running().isZero()).isPresent();
    }

    /** No delay after the first, which suggests a single kill. */
    private static Duration pauseAfter(long inARow) {
        if (inARow < 2) {
            return Duration.ZERO;
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(inARow - 2, 10));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /** Image 0 is the step's beginning. */
    private static long startOf(AttemptRecord attempt) {
        return attempt.resumedFrom().orElse(0);
    }

    private static long trailing(List<AttemptRecord> attempts, Predicate<AttemptRecord> like) {
        int first = attempts.size();
        while (first > 0 && like.test(attempts.get(first - 1))) {
            first--;
        }
        return (long) attempts.size() - first;
    }

    private static String describe(StepExit end) {
        String how = end.exitCode().isPresent()
                ? "exit code " + end.exitCode().getAsInt()
                : end.signal().isPresent()
                        ? "signal " + end.signal().getAsInt()
                        : end.cause().wire();
        return end.message().isEmpty() ? how : how + ": " + end.message();
    }
}
