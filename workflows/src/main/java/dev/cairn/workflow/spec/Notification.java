package dev.cairn.workflow.spec;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who is told what of a run; immutable. */
public sealed interface Notification {

    /**
     * An address that changes are posted to.
     *
     * @param secret signs what is posted; without one it is not signed
     * @param events those that are told
     * @param headers further ones of each request
     * @param timeout of one request
     * @param certificates a PEM file of further ones to trust; a relative path begins at the workflow's folder
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
     * An asset of an Airflow, which is told when the run has succeeded. It has a URI, or a name, or both.
     *
     * @param connection by its name in Cairn's configuration
     */
    record AirflowAsset(String connection, Optional<String> uri, Optional<String> name) implements Notification {}
}
