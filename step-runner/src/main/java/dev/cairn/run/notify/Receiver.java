package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Change;
import dev.cairn.workflow.spec.MaybeSecret;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.SecretSource;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A receiver of notifications. The name is for people and for {@code notify.json}; it holds no secret. Immutable; any thread. */
sealed interface Receiver {

    String name();

    Set<Change> wants();

    Optional<String> obstacle(Deliveries deliveries, Path folder);

    Delivery.Answer tell(Deliveries deliveries, Path folder, Notice notice, Delivery.Asked asked)
            throws InterruptedException;

    record Webhook(String name, Notification.Webhook webhook) implements Receiver {
        @Override
        public Set<Change> wants() {
            return webhook.events();
        }

        @Override
        public Optional<String> obstacle(Deliveries deliveries, Path folder) {
            return deliveries.webhooks().obstacle(webhook, folder);
        }

        @Override
        public Delivery.Answer tell(Deliveries deliveries, Path folder, Notice notice, Delivery.Asked asked)
                throws InterruptedException {
            return deliveries.webhooks().tell(webhook, folder, notice, asked);
        }
    }

    record Asset(String name, Notification.AirflowAsset asset) implements Receiver {
        @Override
        public Set<Change> wants() {
            return Set.of(Change.RUN_SUCCEEDED);
        }

        @Override
        public Optional<String> obstacle(Deliveries deliveries, Path folder) {
            return deliveries.airflowAssets().obstacle(asset, folder);
        }

        @Override
        public Delivery.Answer tell(Deliveries deliveries, Path folder, Notice notice, Delivery.Asked asked)
                throws InterruptedException {
            return deliveries.airflowAssets().tell(asset, folder, notice, asked);
        }
    }

    /** The receivers that a workflow names, each under a distinct name. */
    static List<Receiver> of(List<Notification> notifications) {
        Map<String, Integer> taken = new HashMap<>();
        List<Receiver> receivers = new ArrayList<>();
        for (Notification notification : notifications) {
            if (notification instanceof Notification.Webhook webhook) {
                receivers.add(new Webhook(unique("webhook " + shown(webhook.url()), taken), webhook));
            } else if (notification instanceof Notification.AirflowAsset asset) {
                String what = asset.uri().or(asset::name).orElse("");
                receivers.add(new Asset(unique("airflow_asset " + asset.connection() + " " + what, taken), asset));
            }
        }
        return receivers;
    }

    private static String unique(String name, Map<String, Integer> taken) {
        int number = taken.merge(name, 1, Integer::sum);
        return number == 1 ? name : name + " #" + number;
    }

    /** The URL without its query, which may hold tokens. */
    private static String shown(MaybeSecret url) {
        if (url instanceof MaybeSecret.Plain plain) {
            URI address = URI.create(plain.text());
            return address.getScheme() + "://" + address.getRawAuthority() + address.getRawPath();
        }
        SecretSource source = ((MaybeSecret.Secret) url).source();
        return source instanceof SecretSource.Variable variable
                ? "env:" + variable.name()
                : "file:" + ((SecretSource.File) source).path();
    }
}
