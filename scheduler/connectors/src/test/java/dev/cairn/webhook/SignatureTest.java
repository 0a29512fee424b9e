package dev.cairn.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SignatureTest {
    /** The example of Standard Webhooks' own libraries. */
    @Test
    void signsAsStandardWebhooksDoes() {
        assertThat(Signature.by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
                        .of(
                                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                1614265330,
                                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void takesNoSecretThatSignsNothing() {
        assertThatThrownBy(() -> Signature.by("whsec_%%%secret"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("%%%")
                .hasNoCause();
        assertThatThrownBy(() -> Signature.by("")).isInstanceOf(IllegalArgumentException.class);
    }
}
