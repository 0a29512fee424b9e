package dev.cairn.run.internal.resume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.RetryPolicy;
import dev.cairn.workflow.spec.RetryCause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetryBudgetsTest {
    private static final HostIdentity HOST = new HostIdentity("h", "b", "p", "k", "a");
    private static final List<EndCause> BLAMELESS = List.of(EndCause.KILLED, EndCause.PREEMPTED, EndCause.LOST);
    private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    private final List<AttemptRecord> attempts = new ArrayList<>();
    private final List<ImageRecord> images = new ArrayList<>();
    private Duration running = Duration.ofMinutes(10);
    private long epoch = 1;
    private OptionalLong from = OptionalLong.empty();

    private NextAction after(RetryPolicy policy, EndCause... causes) {
        NextAction last = new NextAction.Rest(StepState.PENDING, "");
        for (EndCause cause : causes) {
            attempts.add(new AttemptRecord(
                    attempts.size() + 1,
                    epoch,
                    HOST,
                    "native",
                    "f",
                    NOW,
                    from,
                    List.of(),
                    Duration.ZERO,
                    0,
                    Optional.of(new StepExit(
                            cause, OptionalInt.of(1), OptionalInt.empty(), NOW, running, "", OptionalLong.empty())),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()));
            last = RetryBudgets.after(attempts, images, policy, NOW);
            from = from.isEmpty() ? OptionalLong.of(0) : from;
        }
        return last;
    }

    private static RetryPolicy retries(int max, RetryCause... when) {
        return new RetryPolicy(max, Set.of(when), Duration.ofSeconds(30), 2, Duration.ofMinutes(1));
    }

    private static StepState state(NextAction move) {
        return ((NextAction.Rest) move).state();
    }

    private static Instant notBefore(NextAction move) {
        return ((NextAction.TryAgain) move).notBefore();
    }

    @Test
    void eachRetryWaitsLongerUpToALimit() {
        RetryPolicy policy = retries(3, RetryCause.FAILURE);
        assertThat(notBefore(after(policy, EndCause.FAILURE))).isEqualTo(NOW.plusSeconds(30));
        assertThat(notBefore(after(policy, EndCause.FAILURE))).isEqualTo(NOW.plusSeconds(60));
        assertThat(notBefore(after(policy, EndCause.FAILURE))).isEqualTo(NOW.plusSeconds(60));
        assertThat(state(after(policy, EndCause.FAILURE))).isEqualTo(StepState.FAILED);
    }

    @Test
    void whatEndsItFromOutsideEatsNoRetries() {
        RetryPolicy policy = retries(1, RetryCause.FAILURE);
        for (int i = 0; i < 20; i++) {
            epoch++;
            for (EndCause cause : BLAMELESS) {
                from = OptionalLong.of(attempts.size()); // each has made an image
                assertThat(notBefore(after(policy, cause))).isEqualTo(NOW);
            }
        }
        assertThat(after(policy, EndCause.FAILURE)).isInstanceOf(NextAction.TryAgain.class);
        assertThat(state(after(policy, EndCause.FAILURE))).isEqualTo(StepState.FAILED);
    }

    @Test
    void threeInARowThatAreEndedFromOutsideWithoutANewImageFail() {
        RetryPolicy policy = retries(5, RetryCause.FAILURE);
        for (EndCause first : BLAMELESS) {
            for (EndCause last : BLAMELESS) {
                attempts.clear();
                from = OptionalLong.empty();
                assertThat(after(policy, first, EndCause.KILLED)).isInstanceOf(NextAction.TryAgain.class);
                NextAction third = after(policy, last);
                assertThat(state(third)).isEqualTo(StepState.FAILED);
                assertThat(third.message())
                        .startsWith("ended from outside 3 times in a row without a newer image; the last time it was "
                                + last.wire());
            }
        }
    }

    @Test
    void aNewRunnerOrANewImageBeginsTheCountAnew() {
        RetryPolicy policy = RetryPolicy.NEVER;
        after(policy, EndCause.KILLED, EndCause.LOST);
        from = OptionalLong.of(1);
        assertThat(after(policy, EndCause.KILLED, EndCause.LOST)).isInstanceOf(NextAction.TryAgain.class);
        epoch++;
        assertThat(after(policy, EndCause.KILLED, EndCause.LOST)).isInstanceOf(NextAction.TryAgain.class);
        assertThat(state(after(policy, EndCause.KILLED))).isEqualTo(StepState.FAILED);
    }

    @Test
    void anImageOfTheLastAttemptIsProgress() {
        image(0, 1);
        after(RetryPolicy.NEVER, EndCause.LOST, EndCause.LOST);
        image(1, 3);
        assertThat(notBefore(after(RetryPolicy.NEVER, EndCause.KILLED))).isEqualTo(NOW);
        from = OptionalLong.of(1);
        assertThat(notBefore(after(RetryPolicy.NEVER, EndCause.LOST))).isEqualTo(NOW);
        assertThat(notBefore(after(RetryPolicy.NEVER, EndCause.LOST))).isEqualTo(NOW.plusSeconds(1));
        assertThat(state(after(RetryPolicy.NEVER, EndCause.LOST))).isEqualTo(StepState.FAILED);
    }

    @Test
    void aStepThatCannotBeStartedIsWaitedForLongerAndLonger() {
        after(RetryPolicy.NEVER, EndCause.KILLED, EndCause.LOST);
        running = Duration.ZERO;
        from = OptionalLong.of(0);
        for (int seconds : new int[] {0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60}) {
            assertThat(notBefore(after(RetryPolicy.NEVER, EndCause.LOST))).isEqualTo(NOW.plusSeconds(seconds));
        }
        NextAction last = after(RetryPolicy.NEVER, EndCause.LOST);
        assertThat(state(last)).isEqualTo(StepState.FAILED);
        assertThat(last.message()).startsWith("could not be started 20 times in a row");
    }

    private void image(long sequence, int attempt) {
        images.add(new ImageRecord(
                sequence,
                attempt,
                "f",
                NOW,
                "interval",
                1,
                1,
                "d",
                Duration.ZERO,
                Duration.ZERO,
                false,
                OptionalLong.empty()));
    }

    @Test
    void onlyTheNamedCausesAreRetried() {
        assertThat(state(after(retries(5, RetryCause.FAILURE), EndCause.TIMEOUT)))
                .isEqualTo(StepState.FAILED);
        assertThat(state(after(retries(5, RetryCause.FAILURE), EndCause.OOM))).isEqualTo(StepState.FAILED);
        assertThat(after(retries(5, RetryCause.OOM), EndCause.OOM)).isInstanceOf(NextAction.TryAgain.class);
    }

    @Test
    void threeRestoresInARowMayFail() {
        from = OptionalLong.of(7);
        RetryPolicy none = RetryPolicy.NEVER;
        assertThat(after(none, EndCause.RESTORE_FAILED, EndCause.RESTORE_FAILED, EndCause.RESTORE_FAILED))
                .isInstanceOf(NextAction.TryAgain.class);
        assertThat(state(after(none, EndCause.RESTORE_FAILED))).isEqualTo(StepState.FAILED);
    }

    @Test
    void aStepWhoseFilesCannotGoBackToItsStartDoesNotStartByItself() {
        from = OptionalLong.of(0);
        NextAction next = after(RetryPolicy.NEVER, EndCause.RESTORE_FAILED);
        assertThat(state(next)).isEqualTo(StepState.FAILED);
        assertThat(next.message()).contains("--restart");
    }

    @Test
    void runningTimeAddsUpUntilATimeoutThatIsRetried() {
        RetryPolicy policy = retries(5, RetryCause.TIMEOUT);
        after(policy, EndCause.LOST, EndCause.PREEMPTED);
        assertThat(RetryBudgets.spent(attempts)).isEqualTo(Duration.ofMinutes(20));
        after(policy, EndCause.TIMEOUT, EndCause.LOST);
        assertThat(RetryBudgets.spent(attempts)).isEqualTo(Duration.ofMinutes(10));
    }
}
