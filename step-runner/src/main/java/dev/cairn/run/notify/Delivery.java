package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Notification;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Carries notices to one kind of receiver. Thread-safe. */
public interface Delivery<T extends Notification> {

    /**
     * Why this process cannot deliver to the receiver, for example because a secret is missing. Asks nobody.
     *
     * @param folder where relative paths begin
     */
    Optional<String> obstacle(T receiver, Path folder);

    /**
     * Delivers the notification once, in bounded time.
     *
     * @param folder where relative paths begin
     * @param asked what is remembered of it between tries
     */
    Answer tell(T receiver, Path folder, Notice notice, Asked asked) throws InterruptedException;

    /**
     * A request to a receiver that may still be in progress although its sender has died: for receivers that cannot detect
     * duplicates. Durable; removed when the notification is delivered or refused.
     */
    interface Asked {
        Optional<Instant> at();

        /** To be called before asking. */
        void note(Instant now) throws IOException;

        /** The request is no longer in progress. */
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

    /** What came of it. Reasons are for a person, and hold no secrets. */
    sealed interface Answer {
        record Delivered() implements Answer {}

        /**
         * It may or may not have been delivered, so it is sent again.
         *
         * @param atLeast how long the receiver asks to wait
         */
        record Later(String reason, Optional<Duration> atLeast) implements Answer {}

        /** It will never be taken. */
        record Refused(String reason) implements Answer {}
    }
}
