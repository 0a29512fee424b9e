package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Notification;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The deliveries for each kind of receiver.
 *
 * @param patience how long the end of a run waits for receivers; notifications undelivered by then are retried later
 */
public record Deliveries(
        Delivery<Notification.Webhook> webhooks, Delivery<Notification.AirflowAsset> airflowAssets, Duration patience) {

    /** The same, reporting the result of each delivery to a listener, in any thread. */
    public Deliveries heardBy(Consumer<Delivery.Answer> listener) {
        return new Deliveries(webhooks.heardBy(listener), airflowAssets.heardBy(listener), patience);
    }
}
