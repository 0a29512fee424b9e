package dev.cairn.airflow.asset;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.Asset;
import dev.cairn.airflow.AssetEvent;
import dev.cairn.airflow.ConnectionSettings;
import dev.cairn.airflow.config.AirflowConnections;
import dev.cairn.airflow.config.ConfigurationException;
import dev.cairn.run.notify.Delivery;
import dev.cairn.run.notify.Notice;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Posts an asset event (Airflow 3) or a dataset event (Airflow 2), once per run: its {@code extra} holds the run's id.
 * Before a post, the asset's events are searched for this id. If a post got no answer, or its sender died, the server
 * may still be handling it. Then the event is only searched for, until twice the connection's timeout has passed. By
 * default that is 120 s, after which Airflow 2 ends a hanging worker ({@code [webserver] web_server_worker_timeout}).
 * Thread-safe.
 */
public final class AssetEvents implements Delivery<Notification.AirflowAsset> {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration READ = Duration.ofSeconds(10);
    private static final String RUN = "cairn_run";

    /** How much older than the run's end an event may be to be found; the margin allows for different clocks. */
    private static final Duration CLOCKS = Duration.ofDays(1);

    private final AirflowConnections connections;
    private final Clock clock;

    public AssetEvents(AirflowConnections connections, Clock clock) {
        this.connections = connections;
        this.clock = clock;
    }

    @Override
    public Optional<String> obstacle(Notification.AirflowAsset asset, Path folder) {
        try {
            connections.named(asset.connection());
            return Optional.empty();
        } catch (ConfigurationException | IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Answer tell(Notification.AirflowAsset asset, Path folder, Notice notice, Asked asked) {
        try {
            ConnectionSettings settings = connections.named(asset.connection());
            try (AirflowClient airflow = AirflowClient.connect(impatient(settings))) {
                return tell(
                        airflow, asset, notice, asked, settings.readTimeout().multipliedBy(2));
            }
        } catch (UncheckedIOException e) {
            return answer(Objects.requireNonNull(e.getCause())); // of a page
        } catch (IOException | ConfigurationException e) {
            return answer(e);
        }
    }

    /** @param within the time within which a server carries out a request, if at all */
    private Answer tell(
            AirflowClient airflow, Notification.AirflowAsset asset, Notice notice, Asked asked, Duration within)
            throws IOException {
        Instant now = clock.instant(); // before the search, which then sees everything that was done in time
        Optional<Asset> found = find(airflow, asset);
        if (found.isEmpty()) {
            return new Answer.Refused("it has no such asset: a DAG has to name it");
        }
        if (isPosted(airflow, found.get(), notice)) {
            return new Answer.Delivered();
        }
        Optional<Instant> before = asked.at();
        if (before.isPresent() && Duration.between(before.get(), now).abs().compareTo(within) < 0) {
            return new Answer.Later(
                    "it did not answer what it was asked at " + before.get()
                            + ", and may do it still: it is asked again after " + Durations.format(within),
                    Optional.empty());
        }
        asked.note(clock.instant());
        try {
            airflow.assets().post(found.get(), extra(notice));
        } catch (AirflowException e) {
            if (!e.mayComeYet()) {
                asked.forget();
            }
            throw e;
        }
        return new Answer.Delivered();
    }

    /** A run's end waits for this call. */
    private static ConnectionSettings impatient(ConnectionSettings settings) {
        Duration read = settings.readTimeout().compareTo(READ) < 0 ? settings.readTimeout() : READ;
        return settings.withTimeouts(CONNECT, read).withRetries(0);
    }

    private static Optional<Asset> find(AirflowClient airflow, Notification.AirflowAsset asset)
            throws AirflowException {
        Optional<Asset> found = asset.uri().isPresent()
                ? airflow.assets().find(asset.uri().get())
                : airflow.assets().named(asset.name().orElseThrow());
        return asset.uri().isPresent() && asset.name().isPresent()
                ? found.filter(one -> one.name().equals(asset.name().get()))
                : found;
    }

    private static boolean isPosted(AirflowClient airflow, Asset asset, Notice notice) throws AirflowException {
        Instant oldest = notice.at().minus(CLOCKS);
        try (Stream<AssetEvent> events = airflow.assets().events(asset)) {
            return events.takeWhile(event -> event.at().orElse(Instant.MAX).isAfter(oldest))
                    .anyMatch(event -> event.extra().path(RUN).asString("").equals(notice.run()));
        }
    }

    private static ObjectNode extra(Notice notice) {
        ObjectNode extra = JsonMapper.shared().createObjectNode();
        extra.put(RUN, notice.run()).put("cairn_workflow", notice.workflow());
        notice.key().ifPresent(key -> extra.put("cairn_key", key));
        return extra;
    }

    /** A failure that a person can correct, such as a wrong password, is tried again, too. */
    private static Answer answer(Exception e) {
        String reason = String.valueOf(e.getMessage());
        boolean never = e instanceof AirflowException failure
                && switch (failure.kind()) {
                    case INVALID, NOT_FOUND, CONFLICT, UNSUPPORTED -> true;
                    default -> false;
                };
        return never ? new Answer.Refused(reason) : new Answer.Later(reason, Optional.empty());
    }
}
