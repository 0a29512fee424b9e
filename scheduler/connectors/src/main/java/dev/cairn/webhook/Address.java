package dev.cairn.webhook;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.workflow.resolve.Secrets;
import dev.cairn.workflow.spec.MaybeSecret;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.SecretSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * A webhook with its secrets, for one request. It is never stored.
 *
 * @param hidden whether the URL is a secret that must not be shown
 * @param secret whether a header is a secret
 */
record Address(HttpUrl url, boolean hidden, boolean secret, Headers headers, Optional<Signature> signature) {

    /** @throws IOException if something is missing or invalid; the message holds no secret */
    static Address of(Notification.Webhook webhook, Path folder, Map<String, String> environment) throws IOException {
        boolean hidden = webhook.url() instanceof MaybeSecret.Secret;
        @Nullable HttpUrl url = HttpUrl.parse(text(webhook.url(), folder, environment));
        if (url == null) {
            throw new IOException("its url is no http:// or https:// address");
        }
        boolean secret = webhook.headers().values().stream().anyMatch(MaybeSecret.Secret.class::isInstance);
        return new Address(
                url, hidden, secret, headers(webhook, folder, environment), signature(webhook, folder, environment));
    }

    private static Headers headers(Notification.Webhook webhook, Path folder, Map<String, String> environment)
            throws IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Map.Entry<String, MaybeSecret> header : webhook.headers().entrySet()) {
            String value = text(header.getValue(), folder, environment);
            if (!value.matches("[\\t\\x20-\\x7e]*")) {
                throw new IOException("the value of its header " + header.getKey() + " has characters beyond ASCII");
            }
            headers.put(header.getKey(), value);
        }
        return Headers.of(headers);
    }

    private static Optional<Signature> signature(
            Notification.Webhook webhook, Path folder, Map<String, String> environment) throws IOException {
        if (webhook.secret().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Signature.by(secret(webhook.secret().get(), folder, environment)));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String text(MaybeSecret text, Path folder, Map<String, String> environment) throws IOException {
        return text instanceof MaybeSecret.Plain plain
                ? plain.text()
                : secret(((MaybeSecret.Secret) text).source(), folder, environment);
    }

    private static String secret(SecretSource source, Path folder, Map<String, String> environment) throws IOException {
        return Secrets.value(source, folder, environment, file -> OrdinaryFile.readNamed(file, folder));
    }
}
