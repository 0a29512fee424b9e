package dev.cairn.daemon;

import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** The running time contained in an image, which a step resumed from it does not repeat. */
final class SavedTime {
    private SavedTime() {}

    /** Follows the images from which the attempts resumed; images removed since count nothing. */
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
