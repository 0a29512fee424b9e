package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SteadyReadTest {
    private final AtomicInteger tries = new AtomicInteger();

    @Test
    void readsThroughAPassingError() throws Exception {
        byte[] read = SteadyRead.of(() -> {
            if (tries.incrementAndGet() < 3) {
                throw new IOException("Input/output error");
            }
            return new byte[] {7};
        });
        assertThat(read).containsExactly(7);
        assertThat(tries).hasValue(3);
    }

    @Test
    void tellsWhatLastsAtOnce() {
        assertThatThrownBy(() -> SteadyRead.of(() -> {
                    tries.incrementAndGet();
                    throw new NoSuchFileException("x");
                }))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(tries).hasValue(1);
    }

    @Test
    void givesUpInTheEnd() {
        assertThatThrownBy(() -> SteadyRead.of(() -> {
                    tries.incrementAndGet();
                    throw new IOException("Input/output error");
                }))
                .hasMessage("Input/output error");
        assertThat(tries).hasValue(8);
    }
}
