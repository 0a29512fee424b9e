package dev.cairn.webhook;

import dev.cairn.run.notify.Delivery;
import dev.cairn.run.notify.Notice;
import dev.cairn.tls.Trust;
import dev.cairn.wire.BoundedAnswers;
import dev.cairn.wire.ClearText;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Posts notifications to webhooks. Any 2xx means accepted. 408, 425, 429, 5xx and no answer mean a later retry. Every
 * other answer, redirects included, means refused for good (Standard Webhooks, "Deliverability and reliability").
 * Thread-safe.
 */
public final class Webhooks implements Delivery<Notification.Webhook> {
    private final Map<String, String> environment;
    private final Clock clock;
    private @Nullable OkHttpClient client;

    /** @param environment the environment in which secrets are looked up */
    public Webhooks(Map<String, String> environment, Clock clock) {
        this.environment = Map.copyOf(environment);
        this.clock = clock;
    }

    @Override
    public Optional<String> obstacle(Notification.Webhook webhook, Path folder) {
        try {
            Address.of(webhook, folder, environment);
            if (webhook.certificates().isPresent()) {
                trusting(webhook.certificates().get(), folder);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Answer tell(Notification.Webhook webhook, Path folder, Notice notice, Asked asked)
            throws InterruptedException {
        Address address;
        OkHttpClient caller;
        try {
            address = Address.of(webhook, folder, environment);
            caller = client(webhook, folder);
        } catch (IOException e) {
            return new Answer.Later(String.valueOf(e.getMessage()), Optional.empty());
        }
        if (address.secret()) {
            ClearText.warnOf("a secret of a webhook", address.url().uri());
        }
        try (Response response =
                caller.newCall(request(address, notice, CloudEvent.of(notice))).execute()) {
            return answer(response);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return new Answer.Later(reason(e, address.hidden(), webhook.timeout()), Optional.empty());
        }
    }

    private Request request(Address address, Notice notice, byte[] body) {
        long now = clock.instant().getEpochSecond();
        Request.Builder request = new Request.Builder()
                .url(address.url())
                .headers(address.headers())
                .header("User-Agent", "cairn")
                .header("webhook-id", notice.id())
                .header("webhook-timestamp", Long.toString(now))
                .post(RequestBody.create(body, MediaType.get(CloudEvent.MEDIA_TYPE)));
        address.signature()
                .ifPresent(signature -> request.header("webhook-signature", signature.of(notice.id(), now, body)));
        return request.build();
    }

    private Answer answer(Response response) {
        int status = response.code();
        if (response.isSuccessful()) {
            return new Answer.Delivered();
        }
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            String wait = response.header("Retry-After");
            return new Answer.Later(
                    "it answered " + status, wait == null ? Optional.empty() : RetryAfter.parse(wait, clock.instant()));
        }
        return new Answer.Refused(
                "it answered " + status + (response.isRedirect() ? ", a redirect, and these are not followed" : ""));
    }

    private static String reason(IOException e, boolean hidden, Duration timeout) {
        if (e instanceof UnknownHostException) {
            return "there is no host of this name";
        }
        if (e instanceof ConnectException) {
            return "no connection";
        }
        if (e instanceof InterruptedIOException) {
            return "no answer within " + Durations.format(timeout);
        }
        String kind = e instanceof SSLException ? "TLS does not come about" : "no whole answer";
        return hidden ? kind : kind + ": " + e.getMessage();
    }

    private OkHttpClient client(Notification.Webhook webhook, Path folder) throws IOException {
        OkHttpClient.Builder builder = shared().newBuilder().callTimeout(webhook.timeout());
        if (webhook.certificates().isPresent()) {
            Trust trust = trusting(webhook.certificates().get(), folder);
            builder.sslSocketFactory(trust.sockets(), trust.manager());
        }
        return builder.build();
    }

    /** A user who can write the certificate file decides who may answer as the receiver. */
    private static Trust trusting(String certificates, Path folder) throws IOException {
        Path file = folder.resolve(certificates);
        dev.cairn.files.Trust.ofThisProcess().checkNamed(file, folder);
        return Trust.with(file);
    }

    /** Created at the first use: most runs have no receivers. */
    private synchronized OkHttpClient shared() {
        if (client == null) {
            client = BoundedAnswers.client()
                    .connectTimeout(Duration.ZERO) // the time limit of the whole call bounds each part of it
                    .readTimeout(Duration.ZERO)
                    .writeTimeout(Duration.ZERO)
                    .followRedirects(false)
                    .followSslRedirects(false)
                    .retryOnConnectionFailure(false)
                    .build();
        }
        return client;
    }
}
