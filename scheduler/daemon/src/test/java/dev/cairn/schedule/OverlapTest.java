package dev.cairn.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Concurrency;
import dev.cairn.workflow.spec.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class OverlapTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private final Map<String, Tick> ticks = new LinkedHashMap<>();

    @Test
    void withoutAConcurrencyAllRun() throws Exception {
        admit(Optional.empty(), tick(1));
        admit(Optional.empty(), tick(2));
        assertThat(states()).isEqualTo("running running");
    }

    @Test
    void aQueueKeepsTheOrder() throws Exception {
        Optional<Concurrency> rule = rule(1, Concurrency.Overlap.QUEUE);
        admit(rule, tick(1), tick(2), tick(3));
        assertThat(states()).isEqualTo("running queued queued");
        assertThat(kept(tick(2)).detail()).isEqualTo("while " + tick(1).key() + " runs");
        end(rule, tick(1), TickState.SUCCEEDED);
        assertThat(states()).isEqualTo("succeeded running queued");
    }

    @Test
    void aFullQueueSkipsWhatComesOnTimeAndLetsTheRestWait() throws Exception {
        Optional<Concurrency> rule = rule(1, Concurrency.Overlap.QUEUE);
        for (int hour = 0; hour <= Overlap.QUEUE; hour++) {
            admit(rule, tick(hour));
        }
        assertThat(states()).doesNotContain("skipped");
        Tick late = tick(Overlap.QUEUE + 1);
        Tick byHand = tick(Overlap.QUEUE + 2, Tick.Kind.MANUAL);
        admit(rule, late, byHand);
        assertThat(kept(late).state()).isEqualTo(TickState.SKIPPED);
        assertThat(kept(late).detail()).contains("the queue is full: 100 ticks");
        assertThat(kept(byHand).state()).isEqualTo(TickState.WAITING);
        end(rule, tick(0), TickState.SUCCEEDED);
        admit(rule, kept(byHand));
        assertThat(kept(byHand).state()).isEqualTo(TickState.QUEUED);
    }

    @Test
    void moreThanOneMayRun() throws Exception {
        Optional<Concurrency> rule = rule(2, Concurrency.Overlap.SKIP);
        admit(rule, tick(1), tick(2), tick(3));
        assertThat(states()).isEqualTo("running running skipped");
    }

    @Test
    void nothingIsSkippedThatIsMadeUpForOrAskedForByHand() throws Exception {
        Optional<Concurrency> rule = rule(1, Concurrency.Overlap.SKIP);
        admit(rule, tick(1), tick(2, Tick.Kind.CATCH_UP), tick(3, Tick.Kind.MANUAL), tick(4));
        assertThat(states()).isEqualTo("running queued queued skipped");
    }

    @Test
    void theOldestIsCancelledAndItsPlaceWaitedFor() throws Exception {
        Optional<Concurrency> rule = rule(1, Concurrency.Overlap.CANCEL);
        admit(rule, tick(1), tick(2));
        assertThat(states()).isEqualTo("cancelling queued");
        admit(rule, tick(3));
        assertThat(states()).as("2 had not begun").isEqualTo("cancelling cancelled queued");
        end(rule, tick(1), TickState.CANCELLED);
        assertThat(states()).isEqualTo("cancelled cancelled running");
        assertThat(kept(tick(1)).detail()).isEqualTo("in the way of " + tick(2).key());
    }

    @Test
    void oneIsStoppedAndGoneOnWithInTurn() throws Exception {
        Optional<Concurrency> rule = rule(1, Concurrency.Overlap.CHECKPOINT);
        admit(rule, tick(1), tick(2));
        assertThat(states()).isEqualTo("parking checkpointed");
        set(tick(1), TickState.PARKED);
        admit(rule, tick(3));
        assertThat(states()).isEqualTo("running checkpointed continued");
        admit(rule, tick(4));
        assertThat(states()).isEqualTo("parking checkpointed continued checkpointed");
        admit(rule, tick(5));
        assertThat(states())
                .as("its image is still being written")
                .isEqualTo("running checkpointed continued checkpointed continued");
        end(rule, tick(1), TickState.SUCCEEDED);
        admit(rule, tick(6));
        assertThat(states()).endsWith("continued running");
    }

    @Test
    void whatWasStoppedGoesOnWhenThePolicyHasChanged() throws Exception {
        admit(rule(1, Concurrency.Overlap.CHECKPOINT), tick(1), tick(2));
        set(tick(1), TickState.PARKED);
        Overlap overlap = overlap(rule(1, Concurrency.Overlap.QUEUE));
        overlap.fill();
        take(overlap);
        assertThat(states()).isEqualTo("running checkpointed");
    }

    @Test
    void jitterIsTheSameWheneverItIsAskedForAndWithinItsBound() throws Exception {
        ScheduleEntry entry = entry(Duration.ofSeconds(90));
        for (int hour = 0; hour < 500; hour++) {
            Instant time = NOW.plus(Duration.ofHours(hour));
            assertThat(entry.jitterOf(time))
                    .isEqualTo(entry(Duration.ofSeconds(90)).jitterOf(time))
                    .isBetween(Duration.ZERO, Duration.ofSeconds(90));
        }
        assertThat(LongStream.range(0, 500)
                        .mapToObj(hour -> entry.jitterOf(NOW.plus(Duration.ofHours(hour))))
                        .distinct()
                        .count())
                .isGreaterThan(400);
    }

    private void admit(Optional<Concurrency> rule, Tick... arriving) {
        for (Tick tick : arriving) {
            Overlap overlap = overlap(rule);
            overlap.admit(tick);
            take(overlap);
        }
    }

    private void end(Optional<Concurrency> rule, Tick tick, TickState how) {
        Tick now = kept(tick);
        ticks.put(tick.key(), now.ended(how, now.detail(), NOW));
        Overlap overlap = overlap(rule);
        overlap.fill();
        take(overlap);
    }

    private Tick kept(Tick tick) {
        return Objects.requireNonNull(ticks.get(tick.key()));
    }

    private void set(Tick tick, TickState state) {
        ticks.put(tick.key(), kept(tick).in(state, ""));
    }

    private Overlap overlap(Optional<Concurrency> rule) {
        List<Tick> unended =
                ticks.values().stream().filter(tick -> !tick.state().isFinal()).toList();
        return new Overlap(rule, unended, "me", NOW);
    }

    private void take(Overlap overlap) {
        overlap.changed().forEach(tick -> ticks.put(tick.key(), tick));
    }

    private String states() {
        return String.join(
                " ", ticks.values().stream().map(tick -> tick.state().wire()).toList());
    }

    private static Optional<Concurrency> rule(int limit, Concurrency.Overlap onOverlap) {
        return Optional.of(new Concurrency(limit, onOverlap));
    }

    private static Tick tick(int hour) throws Exception {
        return tick(hour, Tick.Kind.ON_TIME);
    }

    private static Tick tick(int hour, Tick.Kind kind) throws Exception {
        return Tick.of(entry(Duration.ZERO), NOW.plus(Duration.ofHours(hour)), kind, NOW);
    }

    private static ScheduleEntry entry(Duration jitter) throws Exception {
        FireTimes times =
                FireTimes.of(new Schedule.Timing.Cron("@hourly"), ZoneOffset.UTC, Optional.empty(), Optional.empty());
        return new ScheduleEntry("w.1", "w", 1, "@hourly", times, Schedule.Missed.LAST, jitter, false, NOW);
    }
}
