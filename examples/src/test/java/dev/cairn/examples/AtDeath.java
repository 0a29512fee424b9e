package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * How a step stood when everything of its run had been killed.
 *
 * @param attempts how many there had been
 * @param newest the newest image then, which the next attempt has to go on from; empty for none, or the start's
 */
record AtDeath(String step, int attempts, OptionalLong newest) {

    static List<AtDeath> of(Path run) throws IOException {
        List<AtDeath> all = new ArrayList<>();
        for (StepFiles step : StepFiles.of(run)) {
            all.add(new AtDeath(step.id(), step.attempts().size(), memoryOnly(step.newestImage())));
        }
        return all;
    }

    /** Empty if the next attempt, if there was one, resumed from the newest image; otherwise what it did. */
    List<String> broken(Path run) throws IOException {
        List<StepFiles.Attempt> all = new StepFiles(run.resolve("steps").resolve(step)).attempts();
        if (all.size() <= attempts) {
            return List.of();
        }
        StepFiles.Attempt next = all.get(attempts);
        return memoryOnly(next.resumedFrom()).equals(newest) && next.passed().isEmpty()
                ? List.of()
                : List.of("step " + step + ": image " + newest + " was there, but it was " + next);
    }

    private static OptionalLong memoryOnly(OptionalLong image) {
        return image.isPresent() && image.getAsLong() == 0 ? OptionalLong.empty() : image;
    }
}
