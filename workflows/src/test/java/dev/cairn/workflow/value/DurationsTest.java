package dev.cairn.workflow.value;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "30s, PT30S",
        "10m, PT10M",
        "1h30m, PT1H30M",
        "2d, PT48H",
        "1d2h3m4s5ms, PT26H3M4.005S",
        "0s, PT0S"
    })
    void reads(String text, Duration duration) {
        assertThat(Durations.parse(text)).contains(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "10 m", "m", "30m1h", "1.5h", "-1s", "1w", "99999999999999999999s", "1h1h"})
    void refuses(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }

    @Test
    void readsWhatItHasWritten() {
        Random random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            Duration duration = Duration.ofMillis(random.nextLong(1L << (1 + random.nextInt(45))));
            assertThat(Durations.parse(Durations.format(duration))).contains(duration);
        }
    }
}
