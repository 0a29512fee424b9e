package dev.cairn.workflow.cron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.spec.Schedule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {

    /** croniter.txt was written by croniter-golden.py beside it. */
    @Test
    void tenThousandTimesAreThoseOfCroniter() throws Exception {
        int compared = 0;
        for (String line : golden()) {
            String[] parts = line.split("\\|");
            Instant time = Instant.parse(parts[1]);
            FireTimes times = utc(parts[0]);
            for (String minutes : parts[2].split(" ")) {
                Instant expected = time.plus(Duration.ofMinutes(Long.parseLong(minutes)));
                assertThat(times.next(time)).as("%s after %s", parts[0], time).contains(expected);
                time = expected;
                compared++;
            }
        }
        assertThat(compared).isEqualTo(10_000);
    }

    @Test
    void theThirteenthOrAFriday() throws Exception {
        List<LocalDate> days = utc("0 0 13 * 5")
                .between(Instant.parse("2026-01-08T00:00:00Z"), Instant.parse("2026-01-17T00:00:00Z"), 99)
                .stream()
                .map(time -> LocalDate.ofInstant(time, ZoneOffset.UTC))
                .toList();
        assertThat(days)
                .containsExactly(LocalDate.of(2026, 1, 9), LocalDate.of(2026, 1, 13), LocalDate.of(2026, 1, 16));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    0 0 12 ? * MON#1 *     | 2026-01-01T00:00 | 2026-01-05T12:00
                    0 0 12 ? * 2#1         | 2026-01-01T00:00 | 2026-01-05T12:00
                    0 0 12 ? * 6L          | 2026-01-01T00:00 | 2026-01-30T12:00
                    0 0 12 ? * FRIL        | 2026-01-31T00:00 | 2026-02-27T12:00
                    0 0 12 ? * L           | 2026-01-01T00:00 | 2026-01-03T12:00
                    0 0 12 ? * 1           | 2026-01-01T00:00 | 2026-01-04T12:00
                    0 0 12 ? * MON#5       | 2026-01-01T00:00 | 2026-03-30T12:00
                    0 0 12 L * ?           | 2026-02-01T00:00 | 2026-02-28T12:00
                    0 0 12 L-2 2 ?         | 2024-01-01T00:00 | 2024-02-27T12:00
                    0 0 12 LW * ?          | 2026-01-31T00:00 | 2026-02-27T12:00
                    0 0 12 15W * ?         | 2026-02-01T00:00 | 2026-02-16T12:00
                    0 0 12 1W * ?          | 2026-08-01T00:00 | 2026-08-03T12:00
                    0 0 12 31W * ?         | 2026-02-01T00:00 | 2026-03-31T12:00
                    */20 * * * * ?         | 2026-01-01T00:00:01 | 2026-01-01T00:00:20
                    15 30 6 * * ? 2027     | 2026-01-01T00:00 | 2027-01-01T06:30:15
                    0 0 0 29 2 ? 2030-2050 | 2026-01-01T00:00 | 2032-02-29T00:00
                    0 22-2 * * *           | 2026-01-01T02:00:01 | 2026-01-01T22:00
                    0 22-2 * * *           | 2026-01-01T22:00:01 | 2026-01-01T23:00
                    0 0 * * FRI-MON        | 2026-01-06T00:00 | 2026-01-09T00:00
                    0 0 * * 7              | 2026-01-01T00:00 | 2026-01-04T00:00
                    0 0 * * 5-7            | 2026-01-04T00:00:01 | 2026-01-09T00:00
                    0 0 29 2 *             | 2096-03-01T00:00 | 2104-02-29T00:00
                    """)
    void namesTheTimesThatPeopleMean(String expression, LocalDateTime from, LocalDateTime expected) throws Exception {
        assertThat(Cron.parse(expression).nextFrom(from)).contains(expected);
    }

    @Test
    void yearsThatAreOverNameNothingMore() throws Exception {
        assertThat(Cron.parse("0 0 0 1 1 ? 2020").nextFrom(LocalDateTime.of(2020, 1, 2, 0, 0)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 0 29 2 ? 2023", "0 0 0 L-30 FEB ?"})
    void saysThatATimeNeverComes(String expression) {
        assertThat(Cron.problem(expression))
                .hasValueSatisfying(problem -> assertThat(problem).contains("never comes"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    0 2 * *        | this one has 4
                    ''             | this one has 0
                    @dayly         | there is no "@dayly"; did you mean "@daily"?
                    @reboot        | @reboot is not a time
                    CRON_TZ=Europe/Berlin 0 2 * * * | timezone: Europe/Berlin
                    TZ=UTC 0 2 * * * | timezone: UTC
                    H 2 * * *      | H is Jenkins' own
                    H/15 * * * *   | H is Jenkins' own
                    0 9 * * MON#1  | Quartz's form, with seconds first: 0 0 9 ? * MON#1
                    0 9 L * *      | Quartz's form
                    60 * * * *     | "60" is not a minute
                    * 24 * * *     | "24" is not a hour
                    * * 0 * *      | "0" is not a day of month
                    * * * 13 *     | "13" is not a month
                    * * * * 8      | "8" is not a day of week
                    * * L * *      | "L" is not a day of month
                    0 0 0 ? * 0    | "0" is not a day of week
                    ? * * * *      | "?" is not a minute
                    */0 * * * *    | "*/0" is not a minute
                    1,,2 * * * *   | "" is not a minute
                    0 0 0 1 * MON  | only one of day of month and day of week
                    -5 * * * *     | "-5" is not a minute
                    99999999999 * * * * | "99999999999" is not a minute
                    """)
    void saysWhatIsWrong(String expression, String problem) {
        assertThat(Cron.problem(expression))
                .hasValueSatisfying(found -> assertThat(found).contains(problem));
    }

    private static FireTimes utc(String expression) throws CronException {
        return FireTimes.of(new Schedule.Timing.Cron(expression), ZoneOffset.UTC, Optional.empty(), Optional.empty());
    }

    private static List<String> golden() throws IOException {
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(CronTest.class.getResourceAsStream("croniter.txt"), StandardCharsets.UTF_8))) {
            Stream<String> lines = reader.lines();
            return new ArrayList<>(lines.toList());
        }
    }
}
