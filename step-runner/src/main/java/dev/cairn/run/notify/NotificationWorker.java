package dev.cairn.run.notify;

import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunOrigin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Delivers the notifications of a run to one receiver in order, each until it is accepted or refused. */
final class NotificationWorker implements Runnable {
    private final Receiver receiver;
    private final Deliveries deliveries;
    private final Path folder;
    private final EventJournalReader journal;
    private final DeliveryHistory progress;
    private final WorkSignal signal;
    private final Consumer<String> say;
    private final Deque<Notice> due = new ArrayDeque<>();
    private volatile String trouble = "it has not answered yet";
    private volatile boolean done;

    /** @param say receives a message about each refusal */
    NotificationWorker(
            Receiver receiver,
            Deliveries deliveries,
            RunFolder run,
            RunOrigin origin,
            DeliveryHistory progress,
            WorkSignal signal,
            Consumer<String> say) {
        this.receiver = receiver;
        this.deliveries = deliveries;
        this.folder = origin.folder();
        this.journal = new EventJournalReader(run, origin);
        this.progress = progress;
        this.signal = signal;
        this.say = say;
    }

    @Override
    public void run() {
        try {
            done = tellAll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            trouble = String.valueOf(e.getMessage());
        }
    }

    /** Why notifications are undelivered, for a person; empty if none are. */
    Optional<String> undelivered() {
        return done ? Optional.empty() : Optional.of(receiver.name() + ": " + trouble);
    }

    /** @return false if time ran out first */
    private boolean tellAll() throws IOException, InterruptedException {
        long through = progress.through(receiver);
        Backoff backoff = new Backoff(ThreadLocalRandom.current());
        while (true) {
            long seen = signal.count();
            boolean last = signal.isLast(); // checked before the journal is read: nothing is written after
            // the last signal
            journal.news().stream()
                    .filter(notice ->
                            notice.sequence() > through && receiver.wants().contains(notice.change()))
                    .forEach(due::add);
            if (due.isEmpty() && last) {
                return true;
            }
            if (due.isEmpty()) {
                signal.await(seen);
            } else if (signal.isOver()) {
                return false;
            } else {
                tell(due.getFirst(), backoff);
            }
        }
    }

    private void tell(Notice notice, Backoff backoff) throws IOException, InterruptedException {
        Delivery.Answer answer = receiver.tell(deliveries, folder, notice, progress.asked(receiver));
        if (answer instanceof Delivery.Answer.Later later) {
            trouble = later.reason();
            progress.trouble(receiver, trouble);
            Duration usual = backoff.next();
            Duration wait =
                    later.atLeast().filter(asked -> asked.compareTo(usual) > 0).orElse(usual);
            signal.pause(wait.toNanos(), later.atLeast().isEmpty());
            return;
        }
        backoff.reset();
        due.removeFirst();
        if (answer instanceof Delivery.Answer.Refused refused) {
            progress.refused(receiver, notice, refused.reason());
            say.accept(receiver.name() + " refuses " + notice.change().wire() + "; it is not sent again: "
                    + refused.reason());
        } else {
            progress.delivered(receiver, notice);
        }
    }
}
