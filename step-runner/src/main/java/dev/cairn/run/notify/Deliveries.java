package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Notification;
import java.time.Duration;

/**
 * What carries notices to each kind of receiver.
 *
 * @param patience how long the end of a run waits for receivers; what is untold then is told later
 */
public record Deliveries(
        Delivery<Notification.Webhook> webhooks,
        Delivery<Notification.AirflowAsset> airflowAssets,
        Duration patience) {}
