package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TimeLimitsTest {
    @ParameterizedTest
    @CsvSource({
        "30, PT30M",
        "1:30, PT1M30S",
        "90:00, PT90M",
        "04:00:00, PT4H",
        "36:00:00, PT36H",
        "1-0, PT24H",
        "2-12:30, PT60H30M",
        "1-00:00:01, PT24H1S",
        "' 5 ', PT5M",
    })
    void readsEveryFormThatSbatchTakes(String text, Duration limit) {
        assertThat(TimeLimits.parse(text)).contains(limit);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UNLIMITED",
                "NOT_SET",
                "Partition_Limit",
                "INVALID",
                "",
                "-",
                "1-",
                "1:2:3:4",
                "99999999999999999999"
            })
    void whatIsNoLimitIsNone(String text) {
        assertThat(TimeLimits.parse(text)).isEmpty();
    }
}
