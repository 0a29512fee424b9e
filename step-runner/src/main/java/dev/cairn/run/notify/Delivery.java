package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Notification;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Delivers notifications to one kind of receiver. Thread-safe. */
public interface Delivery<T extends Notification> {

    /**
     * Why this process cannot deliver to the receiver, for example because a secret is missing. Sends no request.
     *
     * @param folder the folder for relative paths
     */
    Optional<String> obstacle(T receiver, Path folder);

    /**
     * Delivers the notification once, in bounded time.
     *
     * @param folder the folder for relative paths
     * @param asked the record of the request between tries
     */
    Answer tell(T receiver, Path folder, Notice notice, Asked asked) throws InterruptedException;

    /**
     * A request to a receiver that may still be in progress although its sender has died: for receivers that cannot detect
     * duplicates. Durable; removed when the notification is delivered or refused.
     */
    interface Asked {
        Optional<Instant> at();

        /** Records a request; call it before sending. */
        void note(Instant now) throws IOException;

        /** Removes the record, because the request is no longer in progress. */
        void forget() throws IOException;
    }

    /** The same, reporting the result of each delivery to a listener, in the delivering thread. */
    default Delivery<T> heardBy(Consumer<Answer> listener) {
        Delivery<T> quiet = this;
        return new Delivery<>() {
            @Override
            public Optional<String> obstacle(T receiver, Path folder) {
                return quiet.obstacle(receiver, folder);
            }

            @Override
            public Answer tell(T receiver, Path folder, Notice notice, Asked asked) throws InterruptedException {
                Answer answer = quiet.tell(receiver, folder, notice, asked);
                listener.accept(answer);
                return answer;
            }
        };
    }

    /** The result of a delivery. Reasons are for a person, and hold no secrets. */
    sealed interface Answer {
        record Delivered() implements Answer {}

        /**
         * It may or may not have been delivered, so it is sent again.
         *
         * @param atLeast how long the receiver asks to wait
         */
        record Later(String reason, Optional<Duration> atLeast) implements Answer {}

        /** The receiver will never accept it. */
        record Refused(String reason) implements Answer {}
    }
}
