package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/** Waits for what a run does, and fails when it does not within minutes. */
final class Waiting {
    private Waiting() {}

    /** For the step to be there. */
    static StepFiles forStep(Cairn cairn, String id) {
        return forStep(cairn, id, run -> true);
    }

    /** For the step to be there in one of these runs. */
    static StepFiles forStep(Cairn cairn, String id, Predicate<Path> runs) {
        return await("step " + id)
                .atMost(2, MINUTES)
                .until(() -> step(cairn, id, runs), Optional::isPresent)
                .orElseThrow();
    }

    /** For an image newer than this one; returns its sequence. */
    static long forImageAfter(StepFiles step, long sequence) {
        return await("an image of " + step.folder() + " after " + sequence)
                .atMost(2, MINUTES)
                .until(step::newestImage, newest -> newest.orElse(-1) > sequence)
                .getAsLong();
    }

    private static Optional<StepFiles> step(Cairn cairn, String id, Predicate<Path> runs) throws IOException {
        for (Path run : cairn.runs().stream().filter(runs).toList()) {
            for (StepFiles step : StepFiles.of(run)) {
                if (step.id().equals(id)) {
                    return Optional.of(step);
                }
            }
        }
        return Optional.empty();
    }
}
