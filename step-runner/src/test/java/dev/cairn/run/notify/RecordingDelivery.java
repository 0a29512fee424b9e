package dev.cairn.run.notify;

import dev.cairn.workflow.spec.Notification;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A receiver that answers as it is told to, and keeps what it takes. */
public final class RecordingDelivery<T extends Notification> implements Delivery<T> {
    private final List<Notice> told = new CopyOnWriteArrayList<>();
    private volatile Function<Notice, Answer> answers = notice -> new Answer.Delivered();

    public void answer(Function<Notice, Answer> chosen) {
        answers = chosen;
    }

    public List<Notice> told() {
        return told;
    }

    @Override
    public Optional<String> obstacle(T receiver, Path folder) {
        return Optional.empty();
    }

    @Override
    public Answer tell(T receiver, Path folder, Notice notice, Asked asked) {
        Answer answer = answers.apply(notice);
        if (answer instanceof Answer.Delivered) {
            told.add(notice);
        }
        return answer;
    }
}
