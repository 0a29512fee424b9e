package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;
import static dev.cairn.workflow.internal.read.Field.required;

import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Change;
import dev.cairn.workflow.spec.MaybeSecret;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.SecretSource;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys of {@code notify}. */
final class NotifyKeys {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** RFC 9110's token. */
    private static final String HEADER = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    private static final Type<MaybeSecret> MAYBE_SECRET = Composites.either(
            Composites.map(Scalars.text(), MaybeSecret.Plain::new),
            Composites.map(SecretKeys.TYPE, MaybeSecret.Secret::new));

    private static final Field<MaybeSecret> URL =
            required("url", MAYBE_SECRET, "Where it is posted; by reference if it is a secret itself.");
    private static final Field<SecretSource> SECRET =
            optional("secret", SecretKeys.TYPE, "The key that signs the post; unsigned if absent.");
    private static final Field<List<Change>> EVENTS = optional(
            "events",
            Composites.nonEmpty(Composites.oneOrMore(change()), "event"),
            "Which events are sent; all if not given.");
    private static final Field<Map<String, MaybeSecret>> HEADERS = optional(
            "headers", Composites.mapOf(HEADER, "a header's name", MAYBE_SECRET), "Further headers of each request.");
    private static final Field<Duration> REQUEST_TIMEOUT = optional(
            "timeout",
            Composites.positive(Scalars.duration()),
            "The longest that one request takes; 10s if not given.");
    private static final Field<String> CERTIFICATES =
            optional("certificates", Scalars.text(), "A PEM file of certificates to trust beside the usual ones.");
    private static final Field<Notification.Webhook> WEBHOOK = optional(
            "webhook",
            ObjectType.of(
                    "webhook",
                    List.of(URL, SECRET, EVENTS, HEADERS, REQUEST_TIMEOUT, CERTIFICATES),
                    NotifyKeys::webhook),
            "An address that changes of the run and its steps are posted to.");

    private static final String STEPS = "not possible here: steps for the end are under 'on_failure' and 'finally'";

    private static final Field<String> CONNECTION =
            required("connection", Scalars.text(), "Which Airflow, by its name in Cairn's configuration.");
    private static final Field<String> ASSET_URI = optional("uri", Scalars.text(), "The asset's URI.");
    private static final Field<String> ASSET_NAME =
            optional("name", Scalars.text(), "The asset's name, in Airflow 3, in place of its URI.");
    private static final Field<Notification.AirflowAsset> AIRFLOW_ASSET = optional(
            "airflow_asset",
            ObjectType.of("airflow_asset", List.of(CONNECTION, ASSET_URI, ASSET_NAME), NotifyKeys::asset)
                    .constrained(Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("required", List.of("uri")),
                                    Keywords.of("required", List.of("name"))))),
            "Posts an event of this Airflow asset when the run has succeeded.");

    static final ObjectType<Notification> TYPE = ObjectType.of(
                    "notification", List.of(WEBHOOK, AIRFLOW_ASSET), NotifyKeys::notification)
            .refusing(Map.of("on", STEPS, "step", STEPS))
            .constrained(Keywords.of(
                    "oneOf",
                    List.of(
                            Keywords.of("required", List.of("webhook")),
                            Keywords.of("required", List.of("airflow_asset")))));

    private NotifyKeys() {}

    private static Notification notification(ReadFields fields, Problems problems) {
        if (fields.has(WEBHOOK) == fields.has(AIRFLOW_ASSET)) {
            problems.add(fields.place(), "a notification has either \"webhook\" or \"airflow_asset\"");
        }
        return fields.get(WEBHOOK)
                .<Notification>map(webhook -> webhook)
                .or(() -> fields.get(AIRFLOW_ASSET))
                .orElseGet(() -> new Notification.AirflowAsset("", Optional.empty(), Optional.empty()));
    }

    private static Notification.Webhook webhook(ReadFields fields, Problems problems) {
        MaybeSecret url = fields.get(URL).orElse(new MaybeSecret.Plain(""));
        if (fields.get(URL).isPresent() && url instanceof MaybeSecret.Plain plain && !isWebAddress(plain.text())) {
            problems.add(
                    fields.place(URL),
                    "expected http:// or https:// and a host, and no user or password; one with a secret in it is"
                            + " given by reference: {env: NAME} or {file: PATH}");
        }
        return new Notification.Webhook(
                url,
                fields.get(SECRET),
                Set.copyOf(fields.get(EVENTS).orElse(List.of(Change.values()))),
                fields.get(HEADERS).orElse(Map.of()),
                fields.get(REQUEST_TIMEOUT).orElse(TIMEOUT),
                fields.get(CERTIFICATES));
    }

    private static boolean isWebAddress(String text) {
        try {
            URI uri = new URI(text);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static Notification.AirflowAsset asset(ReadFields fields, Problems problems) {
        if (!fields.has(ASSET_URI) && !fields.has(ASSET_NAME)) {
            problems.add(fields.place(), "an asset has a \"uri\" or a \"name\"");
        }
        return new Notification.AirflowAsset(
                fields.get(CONNECTION).orElse(""), fields.get(ASSET_URI), fields.get(ASSET_NAME));
    }

    private static Type<Change> change() {
        Map<String, Change> named = new LinkedHashMap<>();
        Arrays.stream(Change.values()).forEach(change -> named.put(change.wire(), change));
        return Scalars.oneOf(named);
    }
}
