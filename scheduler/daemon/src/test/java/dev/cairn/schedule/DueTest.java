package dev.cairn.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every ten seconds; decided up to 12:00:00. */
final class DueTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @Test
    void whatComesWhileADaemonRunsIsOnTime() throws Exception {
        assertThat(due(Schedule.Missed.SKIP, NOON, 25)).containsExactly("10 on_time waiting", "20 on_time waiting");
    }

    @Test
    void whatPassedWhileNoDaemonRanIsMissed() throws Exception {
        Instant since = NOON.plusSeconds(35);
        assertThat(due(Schedule.Missed.SKIP, since, 45))
                .containsExactly(
                        "10 catch_up missed", "20 catch_up missed", "30 catch_up missed", "40 on_time waiting");
        assertThat(due(Schedule.Missed.LAST, since, 45))
                .containsExactly(
                        "10 catch_up missed", "20 catch_up missed", "30 catch_up waiting", "40 on_time waiting");
        assertThat(due(Schedule.Missed.ALL, since, 45))
                .containsExactly(
                        "10 catch_up waiting", "20 catch_up waiting", "30 catch_up waiting", "40 on_time waiting");
    }

    @Test
    void whatIsLookedAtMuchTooLateIsMissedToo() throws Exception {
        assertThat(due(Schedule.Missed.SKIP, NOON, 95))
                .startsWith("10 catch_up missed", "20 catch_up missed", "30 catch_up missed", "40 on_time waiting");
    }

    @Test
    void aLongTimeAwayDoesNotDrownTheDatabase() throws Exception {
        Instant back = NOON.plus(Duration.ofDays(30)).plusSeconds(5);
        Due last = Due.of(entry(Schedule.Missed.LAST), back, back);
        assertThat(last.ticks()).hasSize(Due.AT_ONCE);
        assertThat(last.ticks().get(Due.AT_ONCE - 1).time()).isEqualTo(back.minusSeconds(5));
        assertThat(last.ticks().get(Due.AT_ONCE - 1).state()).isEqualTo(TickState.WAITING);
        assertThat(last.upTo()).isEqualTo(back);
    }

    @Test
    void allOfALongTimeComeInPortionsAndNoneIsLeftOut() throws Exception {
        Instant back = NOON.plus(Duration.ofDays(1)).plusSeconds(5);
        ScheduleEntry entry = entry(Schedule.Missed.ALL);
        Instant expected = NOON.plusSeconds(10);
        int portions = 0;
        for (Due due = Due.of(entry, back, back); !due.ticks().isEmpty(); due = Due.of(entry, back, back)) {
            for (Tick tick : due.ticks()) {
                assertThat(tick.time()).isEqualTo(expected);
                expected = expected.plusSeconds(10);
            }
            entry = entry.decidedUpTo(due.upTo());
            portions++;
        }
        assertThat(expected).isEqualTo(back.plusSeconds(5));
        assertThat(portions).isEqualTo(9);
    }

    @Test
    void whatPassesWhileAScheduleIsPausedIsNotMadeUpFor() throws Exception {
        ScheduleEntry entry = entry(Schedule.Missed.ALL).paused(true, NOON).paused(false, NOON.plusSeconds(55));
        assertThat(Due.of(entry, NOON, NOON.plusSeconds(65)).ticks())
                .extracting(Tick::time)
                .containsExactly(NOON.plusSeconds(60));
    }

    private static List<String> due(Schedule.Missed missed, Instant since, int seconds) throws Exception {
        return Due.of(entry(missed), since, NOON.plusSeconds(seconds)).ticks().stream()
                .map(tick -> Duration.between(NOON, tick.time()).toSeconds() + " "
                        + tick.kind().name().toLowerCase(Locale.ROOT) + " "
                        + tick.state().wire())
                .toList();
    }

    private static ScheduleEntry entry(Schedule.Missed missed) throws Exception {
        FireTimes times = FireTimes.of(
                new Schedule.Timing.Every(Duration.ofSeconds(10)), ZoneOffset.UTC, Optional.empty(), Optional.empty());
        return new ScheduleEntry("w.1", "w", 1, "every 10s", times, missed, Duration.ZERO, false, NOON);
    }
}
