package dev.cairn.run.internal.resume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ReworkEstimateTest {
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final Optional<Duration> EVERY = Optional.of(Duration.ofSeconds(30));

    private final List<AttemptRecord> before = new ArrayList<>();

    @Test
    void nothingBeforeTheFirst() {
        assertThat(ReworkEstimate.of(Optional.empty(), before, EVERY)).isZero();
    }

    @Test
    void whatRanAfterTheImage() {
        attempt(OptionalLong.empty(), EndCause.FAILURE, 100, 100, OptionalLong.empty());
        assertThat(from(2, 1, 75)).hasSeconds(25);
        assertThat(from(0, 1, 0)).hasSeconds(100);
        assertThat(ReworkEstimate.of(Optional.empty(), before, EVERY)).hasSeconds(100);
    }

    @Test
    void nothingAfterAStopWithAnImage() {
        attempt(OptionalLong.empty(), EndCause.PREEMPTED, 101, 101, OptionalLong.of(3));
        assertThat(from(3, 1, 100)).isZero();
    }

    @Test
    void ofALostOneAtMostAnInterval() {
        attempt(OptionalLong.empty(), EndCause.LOST, 60, 60 + 300, OptionalLong.empty());
        assertThat(from(2, 1, 60)).isEqualTo(EVERY.get());
        assertThat(ReworkEstimate.of(image(2, 1, 60), before, Optional.empty())).hasSeconds(300);
    }

    @Test
    void ofALostOneThatWasFoundSoonNoMoreThanUntilThen() {
        attempt(OptionalLong.empty(), EndCause.LOST, 60, 60 + 4, OptionalLong.empty());
        assertThat(from(2, 1, 60)).hasSeconds(4);
    }

    @Test
    void allOfThoseThatWentOnFromTheSameOrANewerImage() {
        attempt(OptionalLong.empty(), EndCause.INTERRUPTED, 100, 100, OptionalLong.of(3));
        attempt(OptionalLong.of(3), EndCause.FAILURE, 7, 107, OptionalLong.empty());
        assertThat(from(3, 1, 100)).hasSeconds(7);
        assertThat(from(2, 1, 70)).hasSeconds(7 + 30);
    }

    private Duration from(long sequence, int attempt, long at) {
        return ReworkEstimate.of(image(sequence, attempt, at), before, EVERY);
    }

    private static Optional<ImageRecord> image(long sequence, int attempt, long at) {
        return Optional.of(new ImageRecord(
                sequence,
                attempt,
                "f",
                START.plusSeconds(at),
                "interval",
                1,
                1,
                "d",
                Duration.ZERO,
                Duration.ZERO,
                false,
                OptionalLong.empty()));
    }

    /** Started when the last one ended; {@code endedAt} counts from the first start. */
    private void attempt(OptionalLong from, EndCause cause, long ran, long endedAt, OptionalLong image) {
        before.add(new AttemptRecord(
                before.size() + 1,
                1,
                new HostIdentity("h", "b", "p", "k", "a"),
                "native",
                "f",
                START.plusSeconds(before.isEmpty() ? 0 : 100),
                from,
                List.of(),
                Duration.ZERO,
                0,
                Optional.of(new StepExit(
                        cause,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        START.plusSeconds(endedAt),
                        Duration.ofSeconds(ran),
                        "",
                        image)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    }
}
