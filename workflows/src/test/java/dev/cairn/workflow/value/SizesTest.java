package dev.cairn.workflow.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {

    @ParameterizedTest
    @CsvSource({
        "16G, 17179869184",
        "512MiB, 536870912",
        "512Mi, 536870912",
        "1.5K, 1536",
        "1GB, 1000000000",
        "2T, 2199023255552",
    })
    void reads(String text, long bytes) {
        assertThat(Sizes.parse(text)).contains(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "1258291, 1.2 MiB",
        "2199023255552, 2.0 TiB",
        "9223372036854775807, 8388608.0 TiB"
    })
    void writes(long bytes, String text) {
        assertThat(Sizes.text(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "16", "16 G", "G", "-1G", "1g", "1EB", "999999999999999T"})
    void refuses(String text) {
        assertThat(Sizes.parse(text)).isEmpty();
    }
}
