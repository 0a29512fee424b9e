package dev.cairn.run.notify;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.spec.Notification;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Delivers the notifications of one run to its receivers, during the run or afterwards. Each receiver has a thread of
 * its own, so that a slow or dead one delays neither the run nor the others. Thread-safe.
 */
public final class Notifier implements RunListener, AutoCloseable {
    private static final long LOOK_FOR_LOCK = TimeUnit.MILLISECONDS.toNanos(200);

    private final RunFolder run;
    private final RunOrigin origin;
    private final List<Receiver> receivers;
    private final Deliveries deliveries;
    private final PendingNotifications pending;
    private final Consumer<String> say;
    private final WorkSignal signal = new WorkSignal();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile List<NotificationWorker> workers = List.of();
    private volatile String obstacle = "another process delivers the notifications of this run";

    private Notifier(
            RunFolder run,
            RunOrigin origin,
            List<Receiver> receivers,
            Deliveries deliveries,
            PendingNotifications pending,
            Consumer<String> say) {
        this.run = run;
        this.origin = origin;
        this.receivers = receivers;
        this.deliveries = deliveries;
        this.pending = pending;
        this.say = say;
    }

    /**
     * Starts delivering, if there are receivers.
     *
     * @param pending remembers the run until everything is delivered
     * @param say receives a message about each refusal, from any thread
     */
    public static Optional<Notifier> begin(
            RunManifest run,
            List<Notification> notifications,
            Deliveries deliveries,
            PendingNotifications pending,
            Consumer<String> say)
            throws IOException {
        List<Receiver> receivers = Receiver.of(notifications);
        if (receivers.isEmpty()) {
            return Optional.empty();
        }
        pending.add(run.folder());
        Notifier notifier = new Notifier(run.folder(), run.origin(), receivers, deliveries, pending, say);
        start(notifier::tell);
        return Optional.of(notifier);
    }

    /** Why this process cannot deliver to some receivers; for the preflight. */
    public static List<String> obstacles(List<Notification> notifications, Deliveries deliveries, Path folder) {
        List<String> obstacles = new ArrayList<>();
        for (Receiver receiver : Receiver.of(notifications)) {
            receiver.obstacle(deliveries, folder)
                    .ifPresent(obstacle -> obstacles.add(receiver.name() + ": " + obstacle));
        }
        return obstacles;
    }

    /** Events were added to the journal. */
    @Override
    public void on(RunEvent event) {
        signal.raise();
    }

    /**
     * Call this after the last event: waits until everything is delivered, or this long.
     *
     * @return the receivers with undelivered notifications, and why; delivery is retried later
     */
    public List<String> finish(Duration atMost) throws InterruptedException {
        signal.raiseLast(System.nanoTime() + atMost.toNanos());
        boolean all = ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        List<NotificationWorker> now = workers;
        if (now.isEmpty()) {
            return all && obstacle.isEmpty() ? List.of() : List.of(obstacle);
        }
        return now.stream().flatMap(worker -> worker.undelivered().stream()).toList();
    }

    /** The same, with the time limit of the deliveries. */
    public List<String> finish() throws InterruptedException {
        return finish(deliveries.patience());
    }

    /** Starts no more deliveries. Active ones end by themselves; then another process may deliver the rest. */
    @Override
    public void close() {
        signal.raiseLast(System.nanoTime());
    }

    private void tell() {
        try {
            Optional<NotificationLock> lock = NotificationLock.tryTake(run);
            while (lock.isEmpty() && !signal.isOver()) {
                signal.pause(LOOK_FOR_LOCK, false);
                lock = NotificationLock.tryTake(run);
            }
            if (lock.isPresent()) {
                begin(lock.get());
            } else {
                ended.countDown();
            }
        } catch (IOException e) {
            obstacle = String.valueOf(e.getMessage());
            ended.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(NotificationLock lock, DeliveryHistory progress) {
        List<NotificationWorker> all = receivers.stream()
                .map(receiver -> new NotificationWorker(receiver, deliveries, run, origin, progress, signal, say))
                .toList();
        workers = all;
        AtomicInteger left = new AtomicInteger(all.size());
        all.forEach(worker -> start(() -> {
            try {
                worker.run();
            } finally {
                if (left.decrementAndGet() == 0) {
                    end(all, lock);
                }
            }
        }));
    }

    private void begin(NotificationLock lock) throws IOException {
        try {
            pending.add(run); // the former holder of the lock may have removed it
            tell(lock, DeliveryHistory.read(run));
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    private void end(List<NotificationWorker> all, NotificationLock lock) {
        try (lock) {
            if (all.stream().allMatch(worker -> worker.undelivered().isEmpty())) {
                pending.remove(run);
            }
        } catch (IOException e) {
            say.accept("cannot record the deliveries of " + run.runId() + ": " + e.getMessage());
        }
        ended.countDown();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "cairn-notify");
        thread.setDaemon(true);
        thread.start();
    }
}
