package dev.cairn.wire;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

final class ClearTextTest {
    @ParameterizedTest
    @CsvSource({
        "http://airflow.example.org,      true",
        "HTTP://10.0.0.1:8080/base,       true",
        "http://localhost.example.org,    true",
        "http://127.0.0.1.example.org,    true",
        "http://[2001:db8::1]:8080,       true",
        "https://airflow.example.org,     false",
        "http://localhost:8080,           false",
        "http://LOCALHOST,                false",
        "http://127.0.0.1:8080,           false",
        "http://127.9.9.9,                false",
        "http://[::1]:8080,               false",
    })
    void isReadableByOthersUnlessItIsEncryptedOrStaysHere(URI address, boolean readable) {
        assertThat(ClearText.isReadableByOthers(address)).isEqualTo(readable);
    }

    @Test
    void warnsOncePerServerAndNeverHoldsThePath() {
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        Logger logger = (Logger) LoggerFactory.getLogger(ClearText.class);
        logger.addAppender(said);
        try {
            ClearText.warnOf("the token", URI.create("http://once.example.org:81/secret-path"));
            ClearText.warnOf("the token", URI.create("http://once.example.org:81/other"));
        } finally {
            logger.detachAppender(said);
        }
        assertThat(said.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "the token is sent to http://once.example.org:81 in clear text, for everybody on the way"
                                + " to read; use https://");
    }
}
