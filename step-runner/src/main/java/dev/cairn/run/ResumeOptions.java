package dev.cairn.run;

import dev.cairn.run.internal.resume.ResumeChoice;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a person may decide when going on with a run; without it the resume ladder does.
 *
 * @param acceptChanged go on from images although the step has changed since
 * @param assumeLost attempts on hosts that cannot be seen from here are dead
 * @param at step id to the only image from which it may go on
 * @param restart ids of steps that start from their beginning
 */
public record ResumeOptions(boolean acceptChanged, boolean assumeLost, Map<String, Long> at, Set<String> restart) {
    public static final ResumeOptions NONE = new ResumeOptions(false, false, Map.of(), Set.of());

    public ResumeOptions {
        at = Map.copyOf(at);
        restart = Set.copyOf(restart);
    }

    boolean choosesSteps() {
        return !at.isEmpty() || !restart.isEmpty();
    }

    Map<String, ResumeChoice> wishes() {
        Map<String, ResumeChoice> wishes = new HashMap<>();
        at.forEach((step, image) -> wishes.put(step, new ResumeChoice(acceptChanged, OptionalLong.of(image), false)));
        restart.forEach(step -> wishes.put(step, new ResumeChoice(acceptChanged, OptionalLong.empty(), true)));
        return wishes;
    }

    ResumeChoice otherwise() {
        return new ResumeChoice(acceptChanged, OptionalLong.empty(), false);
    }
}
