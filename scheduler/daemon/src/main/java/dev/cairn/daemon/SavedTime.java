package dev.cairn.daemon;

import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** How much running time lies in an image: what a step that goes on from it need not repeat. */
final class SavedTime {
    private SavedTime() {}

    /** Along the images from which the attempts went on; those that are gone by now count nothing. */
    static Duration of(StepManifest step, OptionalLong sequence) {
        Duration saved = Duration.ZERO;
        OptionalLong next = sequence;
        for (int steps = step.attempts().size(); next.isPresent() && steps > 0; steps--) {
            Optional<ImageRecord> image = image(step, next.getAsLong());
            Optional<AttemptRecord> madeBy = image.flatMap(found -> attempt(step, found.attempt()));
            if (madeBy.isEmpty()) {
                break;
            }
            saved = saved.plus(
                    Duration.between(madeBy.get().startedAt(), image.get().at()));
            next = madeBy.get().resumedFrom();
        }
        return saved;
    }

    private static Optional<ImageRecord> image(StepManifest step, long sequence) {
        return step.images().stream()
                .filter(image -> image.sequence() == sequence)
                .findFirst();
    }

    private static Optional<AttemptRecord> attempt(StepManifest step, int number) {
        return step.attempts().stream()
                .filter(attempt -> attempt.number() == number)
                .findFirst();
    }
}
