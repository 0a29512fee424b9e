package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Makes calls with authorization, and repeats them if that is safe. Thread-safe; no lock is held during a call.
 *
 * <p>It repeats GET and PUT after a lost connection, a timeout, 429, 502, 503 and 504. It repeats any call if no
 * connection could be made, because nothing was sent then. It repeats any call once if the server refused the
 * credentials and {@link Credentials#renew} has changed them.
 */
final class ApiClient implements Login {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final HttpTransport wire;
    private final ConnectionSettings settings;
    private final Sleeper pause;
    private volatile @Nullable ApiVersion version;

    ApiClient(HttpTransport wire, ConnectionSettings settings, Sleeper pause) {
        this.wire = wire;
        this.settings = settings;
        this.pause = pause;
        this.version = settings.version().orElse(null);
    }

    @Override
    public ApiVersion apiVersion() throws AirflowException {
        ApiVersion known = version;
        if (known == null) {
            known = new VersionProbe(this::withRetries, settings.address()).ask();
            version = known;
        }
        return known;
    }

    /** @throws AirflowException of the kind UNSUPPORTED with version 1 */
    void needsV2(String what) throws AirflowException {
        if (apiVersion() == ApiVersion.V1) {
            throw new AirflowException(
                    Kind.UNSUPPORTED, what + ": Airflow 2 does not have it; " + settings.address() + " is one");
        }
    }

    @Override
    public JsonNode post(String path, JsonNode body) throws AirflowException {
        ApiRequest call = ApiRequest.post(body, path.split("/"));
        return json(call, checked(call, withRetries(call, "", Optional.empty())));
    }

    /** The answer's JSON; null JSON if it has none, as after a 204. */
    JsonNode call(ApiRequest call) throws AirflowException {
        ApiResponse reply = reply(call);
        return reply.body().isBlank() ? AirflowJson.MAPPER.nullNode() : json(call, reply);
    }

    /** The whole answer of a successful call. */
    ApiResponse reply(ApiRequest call) throws AirflowException {
        String root = apiVersion().path();
        Optional<String> authorization = settings.credentials().authorization(this);
        ApiResponse reply = withRetries(call, root, authorization);
        boolean again = reply.refusesCredentials()
                && authorization.isPresent()
                && settings.credentials().renew(authorization.get());
        return checked(
                call, again ? withRetries(call, root, settings.credentials().authorization(this)) : reply);
    }

    private ApiResponse checked(ApiRequest call, ApiResponse reply) throws AirflowException {
        String what = call.describe() + " at " + settings.address();
        if (reply.status() >= 300 && reply.status() < 400) {
            throw new AirflowException(
                    Kind.NOT_AIRFLOW,
                    OptionalInt.of(reply.status()),
                    what + ": sent elsewhere (HTTP " + reply.status() + ", "
                            + reply.retryAfter().orElse("without a place")
                            + "): a login page or another address. Name the address of the API itself",
                    List.of(),
                    null);
        }
        if (!reply.isSuccess()) {
            throw ErrorBodies.of(what, reply);
        }
        return reply;
    }

    private JsonNode json(ApiRequest call, ApiResponse reply) throws AirflowException {
        return AirflowJson.parse(reply.body())
                .orElseThrow(() -> new AirflowException(
                        Kind.NOT_AIRFLOW,
                        call.describe() + " at " + settings.address() + ": the answer is no JSON but "
                                + (reply.contentType().isEmpty() ? "something else" : reply.contentType())
                                + ". Is the address complete, with the path below which Airflow lies?"));
    }

    private ApiResponse withRetries(ApiRequest call, String root, Optional<String> authorization)
            throws AirflowException {
        for (int tries = 0; ; tries++) {
            boolean last = tries >= settings.retries();
            Optional<Duration> wanted = Optional.empty();
            try {
                ApiResponse reply = wire.send(call, root, authorization);
                if (last || !call.isSafeToRepeat() || !isPassing(reply.status())) {
                    return reply;
                }
                wanted = reply.retryAfter().flatMap(ApiClient::seconds);
            } catch (AirflowException e) {
                if (last || !(e.is(Kind.UNREACHABLE) || call.isSafeToRepeat() && e.is(Kind.NO_ANSWER))) {
                    throw e;
                }
            }
            rest(call, tries, wanted);
        }
    }

    private static boolean isPassing(int status) {
        return status == 429 || status == 502 || status == 503 || status == 504;
    }

    private static Optional<Duration> seconds(String text) {
        return text.matches("\\d{1,4}") ? Optional.of(Duration.ofSeconds(Long.parseLong(text))) : Optional.empty();
    }

    private void rest(ApiRequest call, int tries, Optional<Duration> wanted) throws AirflowException {
        Duration growing = FIRST_PAUSE.multipliedBy(1L << Math.min(tries, 10));
        Duration length = wanted.orElse(growing);
        try {
            pause.of(length.compareTo(LONGEST_PAUSE) < 0 ? length : LONGEST_PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirflowException(Kind.NO_ANSWER, call.describe() + ": interrupted", e);
        }
    }
}
