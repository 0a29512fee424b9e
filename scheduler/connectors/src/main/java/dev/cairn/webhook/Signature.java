package dev.cairn.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs a message: {@code v1,} and the base64 of HMAC-SHA256 over {@code id.timestamp.body} (Standard Webhooks, "Signature scheme").
 */
final class Signature {
    private static final String ENCODED = "whsec_";
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private Signature(SecretKeySpec key) {
        this.key = key;
    }

    /**
     * @param secret in base64 after {@code whsec_}, as Standard Webhooks writes secrets; any other text is used
     *     unchanged
     * @throws IllegalArgumentException if the secret is empty, or is no base64 after {@code whsec_}; the message does
     *     not contain it
     */
    static Signature by(String secret) {
        byte[] bytes = secret.startsWith(ENCODED)
                ? decoded(secret.substring(ENCODED.length()))
                : secret.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0) {
            throw new IllegalArgumentException("the secret is empty");
        }
        return new Signature(new SecretKeySpec(bytes, ALGORITHM));
    }

    private static byte[] decoded(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the secret is no base64 after " + ENCODED); // without the cause, which contains parts of the
            // secret
        }
    }

    /** @param timestamp seconds since 1970 */
    String of(String id, long timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
