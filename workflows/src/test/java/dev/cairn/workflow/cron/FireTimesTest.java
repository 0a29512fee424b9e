package dev.cairn.workflow.cron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.spec.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FireTimesTest {

    /**
     * By hand, from the zones' histories. With fixed hours a time that is skipped fires at the jump, one that comes twice the first time only;
     * with {@code *} or {@code *}{@code /n} as the hour the line runs on real time, through a repeated hour and past a skipped one.
     *
     * <p>Berlin 2026: 29 March 02:00 to 03:00, 25 October 03:00 to 02:00. New York 2026: 8 March, 1 November at 02:00. Lord Howe moves by half
     * an hour. Sao Paulo changed at midnight until 2019: 4 November 2018 began at 01:00, 17 February 2018 had its last hour twice. Apia left out
     * 30 December 2011. Pyongyang went back half an hour on 15 August 2015 for good. Casablanca leaves its summer time for Ramadan. Chatham
     * changes at 02:45.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Europe/Berlin       | 30 2 * * *    | 2026-03-28T12:00:00+01:00 | 2026-03-29T03:00:00+02:00, 2026-03-30T02:30:00+02:00
                    Europe/Berlin       | 0 2 * * *     | 2026-03-28T12:00:00+01:00 | 2026-03-29T03:00:00+02:00, 2026-03-30T02:00:00+02:00
                    Europe/Berlin       | 0 3 * * *     | 2026-03-28T12:00:00+01:00 | 2026-03-29T03:00:00+02:00, 2026-03-30T03:00:00+02:00
                    Europe/Berlin       | 0,30 2,3 * * * | 2026-03-29T00:00:00+01:00 | 2026-03-29T03:00:00+02:00, 2026-03-29T03:30:00+02:00, 2026-03-30T02:00:00+02:00
                    Europe/Berlin       | */30 * * * *  | 2026-03-29T01:00:00+01:00 | 2026-03-29T01:30:00+01:00, 2026-03-29T03:00:00+02:00, 2026-03-29T03:30:00+02:00
                    Europe/Berlin       | 30 2 * * *    | 2026-10-24T12:00:00+02:00 | 2026-10-25T02:30:00+02:00, 2026-10-26T02:30:00+01:00
                    Europe/Berlin       | 0 2 * * *     | 2026-10-24T12:00:00+02:00 | 2026-10-25T02:00:00+02:00, 2026-10-26T02:00:00+01:00
                    Europe/Berlin       | 0 3 * * *     | 2026-10-24T12:00:00+02:00 | 2026-10-25T03:00:00+01:00, 2026-10-26T03:00:00+01:00
                    Europe/Berlin       | */30 * * * *  | 2026-10-25T02:15:00+02:00 | 2026-10-25T02:30:00+02:00, 2026-10-25T02:00:00+01:00, 2026-10-25T02:30:00+01:00, 2026-10-25T03:00:00+01:00
                    Europe/Berlin       | */30 0-23 * * * | 2026-10-25T02:15:00+02:00 | 2026-10-25T02:30:00+02:00, 2026-10-25T03:00:00+01:00
                    Europe/Berlin       | 15 * * * *    | 2026-10-25T01:15:00+02:00 | 2026-10-25T02:15:00+02:00, 2026-10-25T02:15:00+01:00, 2026-10-25T03:15:00+01:00
                    Europe/Berlin       | 15 * * * *    | 2026-03-29T00:15:00+01:00 | 2026-03-29T01:15:00+01:00, 2026-03-29T03:15:00+02:00
                    Europe/Berlin       | 15 0-23 * * * | 2026-03-29T00:15:00+01:00 | 2026-03-29T01:15:00+01:00, 2026-03-29T03:00:00+02:00, 2026-03-29T03:15:00+02:00
                    Europe/Berlin       | 0 */2 * * *   | 2026-10-25T00:00:00+02:00 | 2026-10-25T02:00:00+02:00, 2026-10-25T02:00:00+01:00, 2026-10-25T04:00:00+01:00
                    Europe/Berlin       | 0 */2 * * *   | 2026-03-29T00:00:00+01:00 | 2026-03-29T04:00:00+02:00
                    Europe/Berlin       | @hourly       | 2026-10-25T01:30:00+02:00 | 2026-10-25T02:00:00+02:00, 2026-10-25T02:00:00+01:00, 2026-10-25T03:00:00+01:00
                    Europe/Berlin       | 0 0 * ? * SUN | 2026-10-25T01:30:00+02:00 | 2026-10-25T02:00:00+02:00, 2026-10-25T02:00:00+01:00
                    Europe/Berlin       | 0 * 25 10 *   | 2026-10-25T02:30:00+01:00 | 2026-10-25T03:00:00+01:00
                    Europe/Berlin       | 0 * 1 1 *     | 2026-06-01T00:00:00+02:00 | 2027-01-01T00:00:00+01:00, 2027-01-01T01:00:00+01:00
                    America/New_York    | */30 */1 * * * | 2026-11-01T01:10:00-04:00 | 2026-11-01T01:30:00-04:00, 2026-11-01T01:00:00-05:00, 2026-11-01T01:30:00-05:00, 2026-11-01T02:00:00-05:00
                    Australia/Lord_Howe | */20 * * * *  | 2026-04-05T01:30:00+11:00 | 2026-04-05T01:40:00+11:00, 2026-04-05T01:40:00+10:30, 2026-04-05T02:00:00+10:30
                    Australia/Lord_Howe | */20 * * * *  | 2026-10-04T01:30:00+10:30 | 2026-10-04T01:40:00+10:30, 2026-10-04T02:40:00+11:00
                    America/Sao_Paulo   | 0 * * * *     | 2018-02-17T22:30:00-02:00 | 2018-02-17T23:00:00-02:00, 2018-02-17T23:00:00-03:00, 2018-02-18T00:00:00-03:00
                    Europe/Berlin       | 30 2 * * *    | 2026-10-25T02:10:00+01:00 | 2026-10-26T02:30:00+01:00
                    Europe/Berlin       | 0 30 2 ? * SUN | 2026-03-28T12:00:00+01:00 | 2026-03-29T03:00:00+02:00, 2026-04-05T02:30:00+02:00
                    America/New_York    | 30 2 * * *    | 2026-03-07T12:00:00-05:00 | 2026-03-08T03:00:00-04:00, 2026-03-09T02:30:00-04:00
                    America/New_York    | 30 1 * * *    | 2026-10-31T12:00:00-04:00 | 2026-11-01T01:30:00-04:00, 2026-11-02T01:30:00-05:00
                    America/New_York    | 59 1 * * *    | 2026-11-01T01:58:00-05:00 | 2026-11-02T01:59:00-05:00
                    Australia/Lord_Howe | 15 2 * * *    | 2026-10-03T12:00:00+10:30 | 2026-10-04T02:30:00+11:00, 2026-10-05T02:15:00+11:00
                    Australia/Lord_Howe | 45 1 * * *    | 2026-04-04T12:00:00+11:00 | 2026-04-05T01:45:00+11:00, 2026-04-06T01:45:00+10:30
                    Australia/Lord_Howe | 15 1 * * *    | 2026-04-04T12:00:00+11:00 | 2026-04-05T01:15:00+11:00, 2026-04-06T01:15:00+10:30
                    America/Sao_Paulo   | @daily        | 2018-11-03T12:00:00-03:00 | 2018-11-04T01:00:00-02:00, 2018-11-05T00:00:00-02:00
                    America/Sao_Paulo   | 30 23 * * *   | 2018-02-17T12:00:00-02:00 | 2018-02-17T23:30:00-02:00, 2018-02-18T23:30:00-03:00
                    America/Sao_Paulo   | @daily        | 2026-11-03T12:00:00-03:00 | 2026-11-04T00:00:00-03:00
                    Pacific/Apia        | 0 9 * * *     | 2011-12-29T00:00:00-10:00 | 2011-12-29T09:00:00-10:00, 2011-12-31T00:00:00+14:00, 2011-12-31T09:00:00+14:00
                    Asia/Pyongyang      | 45 23 * * *   | 2015-08-14T12:00:00+09:00 | 2015-08-14T23:45:00+09:00, 2015-08-15T23:45:00+08:30
                    Africa/Casablanca   | 30 2 * * *    | 2026-02-14T12:00:00+01:00 | 2026-02-15T02:30:00+01:00, 2026-02-16T02:30:00+00:00
                    Africa/Casablanca   | 30 2 * * *    | 2026-03-21T12:00:00+00:00 | 2026-03-22T03:00:00+01:00, 2026-03-23T02:30:00+01:00
                    Pacific/Chatham     | 0 3 * * *     | 2026-09-26T12:00:00+12:45 | 2026-09-27T03:45:00+13:45, 2026-09-28T03:00:00+13:45
                    Pacific/Chatham     | 0 3 * * *     | 2026-04-04T12:00:00+13:45 | 2026-04-05T03:00:00+13:45, 2026-04-06T03:00:00+12:45
                    UTC                 | 30 2 * * *    | 2026-03-28T12:00:00Z      | 2026-03-29T02:30:00Z, 2026-03-30T02:30:00Z
                    """)
    void acrossChangesOfTheClock(ZoneId zone, String cron, OffsetDateTime after, String expected) throws Exception {
        List<Instant> table = Arrays.stream(expected.split(", "))
                .map(text -> OffsetDateTime.parse(text).toInstant())
                .toList();
        FireTimes times = FireTimes.of(new Schedule.Timing.Cron(cron), zone, Optional.empty(), Optional.empty());
        assertThat(times.between(after.toInstant(), Instant.MAX, table.size())).isEqualTo(table);
    }

    @Test
    void neverFiresTwiceAndNeverGoesBackInAnyZone() throws Exception {
        for (String id : ZoneId.getAvailableZoneIds()) {
            ZoneId zone = ZoneId.of(id);
            FireTimes times =
                    FireTimes.of(new Schedule.Timing.Cron("*/20 0-23 * * *"), zone, Optional.empty(), Optional.empty());
            FireTimes wild =
                    FireTimes.of(new Schedule.Timing.Cron("*/20 * * * *"), zone, Optional.empty(), Optional.empty());
            Instant time = Instant.parse("2011-01-01T00:00:00Z");
            for (var next = zone.getRules().nextTransition(time);
                    next != null && time.isBefore(Instant.parse("2027-01-01T00:00:00Z"));
                    next = zone.getRules().nextTransition(time)) {
                Instant from = next.getInstant().minus(Duration.ofHours(2));
                List<Instant> around = times.between(from, from.plus(Duration.ofHours(30)), 200);
                assertThat(around)
                        .as("%s around %s", id, next)
                        .doesNotHaveDuplicates()
                        .isSorted();
                if (next.isGap()) {
                    assertThat(around).as("%s at %s", id, next).contains(next.getInstant());
                }
                List<Instant> inRealTime = wild.between(from, from.plus(Duration.ofHours(4)), 200);
                assertThat(inRealTime)
                        .as("%s around %s", id, next)
                        .isEqualTo(everyMinute(zone, from).stream()
                                .filter(instant -> instant.atZone(zone).getMinute() % 20 == 0)
                                .toList());
                time = next.getInstant();
            }
        }
    }

    /** Those of four hours, after one instant. */
    private static List<Instant> everyMinute(ZoneId zone, Instant after) {
        ZonedDateTime first = after.plusSeconds(60).atZone(zone).truncatedTo(ChronoUnit.MINUTES);
        return IntStream.range(0, 240)
                .mapToObj(minute -> first.toInstant().plusSeconds(60L * minute))
                .toList();
    }

    @Test
    void anIntervalIsCountedFromItsStart() throws Exception {
        FireTimes times = FireTimes.of(
                new Schedule.Timing.Every(Duration.ofMinutes(90)),
                ZoneId.of("Europe/Berlin"),
                Optional.of(LocalDateTime.parse("2026-01-01T06:10")),
                Optional.of(LocalDateTime.parse("2026-01-01T09:10")));
        assertThat(times.between(Instant.EPOCH, Instant.MAX, 9))
                .containsExactly(
                        Instant.parse("2026-01-01T05:10:00Z"),
                        Instant.parse("2026-01-01T06:40:00Z"),
                        Instant.parse("2026-01-01T08:10:00Z"));
    }

    @Test
    void anIntervalWithoutStartDoesNotDependOnWhoAsksWhen() throws Exception {
        FireTimes times = FireTimes.of(
                new Schedule.Timing.Every(Duration.ofMinutes(15)), ZoneOffset.UTC, Optional.empty(), Optional.empty());
        assertThat(times.next(Instant.parse("2026-01-01T06:07:11.5Z"))).contains(Instant.parse("2026-01-01T06:15:00Z"));
        assertThat(times.next(Instant.parse("2026-01-01T06:15:00Z"))).contains(Instant.parse("2026-01-01T06:30:00Z"));
    }

    @Test
    void startAndEndBelongToTheTimes() throws Exception {
        FireTimes times = FireTimes.of(
                new Schedule.Timing.Cron("@daily"),
                ZoneOffset.UTC,
                Optional.of(LocalDateTime.parse("2026-01-02T00:00")),
                Optional.of(LocalDateTime.parse("2026-01-03T00:00")));
        assertThat(times.between(Instant.EPOCH, Instant.MAX, 9))
                .containsExactly(Instant.parse("2026-01-02T00:00:00Z"), Instant.parse("2026-01-03T00:00:00Z"));
    }
}
