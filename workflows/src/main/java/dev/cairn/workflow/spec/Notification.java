package dev.cairn.workflow.spec;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A receiver of a run's events; immutable. */
public sealed interface Notification {

    /**
     * An address to which events are posted.
     *
     * @param secret the key that signs the posts; without it they are not signed
     * @param events the events that are posted
     * @param headers additional headers of each request
     * @param timeout limit for one request
     * @param certificates a PEM file with additional trusted certificates; a relative path begins at the workflow's
     *     folder
     */
    record Webhook(
            MaybeSecret url,
            Optional<SecretSource> secret,
            Set<Change> events,
            Map<String, MaybeSecret> headers,
            Duration timeout,
            Optional<String> certificates)
            implements Notification {
        public Webhook {
            events = Set.copyOf(events);
            headers = Map.copyOf(new LinkedHashMap<>(headers));
        }
    }

    /**
     * An asset in Airflow, which gets an event when the run has succeeded. It has a URI, or a name, or both.
     *
     * @param connection the name of the connection in Cairn's configuration
     */
    record AirflowAsset(String connection, Optional<String> uri, Optional<String> name) implements Notification {}
}
