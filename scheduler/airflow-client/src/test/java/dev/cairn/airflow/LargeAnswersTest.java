package dev.cairn.airflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cairn.airflow.AirflowException.Kind;
import java.io.IOException;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import mockwebserver3.MockResponse;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers larger than memory: with a length, without one, and compressed to next to nothing. */
final class LargeAnswersTest {
    private static final int MEBIBYTE = 1024 * 1024;
    private static final int MEBIBYTES = 40;

    private Answers answers;

    @BeforeEach
    void start() throws IOException {
        answers = new Answers();
    }

    @AfterEach
    void stop() {
        answers.close();
    }

    private static MockResponse.Builder ok() {
        return new MockResponse.Builder().code(200).setHeader("Content-Type", "application/json");
    }

    private static Buffer large() {
        Buffer body = new Buffer();
        byte[] part = " ".repeat(MEBIBYTE).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        for (int i = 0; i < MEBIBYTES; i++) {
            body.write(part);
        }
        return body;
    }

    private void isRefused(MockResponse.Builder answer) throws IOException {
        answers.then(answer);
        AirflowClient airflow = answers.v2();
        AirflowException failure = catchThrowableOfType(
                AirflowException.class, () -> airflow.logs().read("d", "r", "t", -1, 1, Optional.empty()));
        assertThat(failure.kind()).isEqualTo(Kind.NOT_AIRFLOW);
        assertThat(failure).hasMessageContaining("larger than 32 MiB");
        assertThat(answers.pauses).as("it would be as large again").isEmpty();
    }

    @Test
    void withALength() throws Exception {
        isRefused(ok().body(large()));
    }

    @Test
    void withoutOne() throws Exception {
        isRefused(ok().chunkedBody(large(), MEBIBYTE));
    }

    @Test
    void compressed() throws Exception {
        Buffer body = new Buffer();
        try (GZIPOutputStream out = new GZIPOutputStream(body.outputStream())) {
            large().copyTo(out);
        }
        assertThat(body.size()).isLessThan(MEBIBYTE);
        isRefused(ok().setHeader("Content-Encoding", "gzip").body(body));
    }
}
