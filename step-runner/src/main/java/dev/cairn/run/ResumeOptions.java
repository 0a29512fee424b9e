package dev.cairn.run;

import dev.cairn.run.internal.resume.ResumeChoice;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A person's choices for a resume. Without a choice, the rules of resuming decide.
 *
 * @param acceptChanged whether to resume from images although the step has changed since
 * @param assumeLost whether attempts on hosts that cannot be seen from here count as dead
 * @param at by step id, the only image from which the step may resume
 * @param restart ids of steps that start from their beginning
 * @param from ids of steps that run again with all that depend on them, also after they succeeded
 * @param only ids of steps of an ended run that run again, and nothing else does
 * @param moved former paths of folders that were moved since the run used them, each with the path now
 * @param edits what becomes of edits of the workflow file
 */
public record ResumeOptions(
        boolean acceptChanged,
        boolean assumeLost,
        Map<String, Long> at,
        Set<String> restart,
        Set<String> from,
        Set<String> only,
        Map<Path, Path> moved,
        Edits edits) {
    public static final ResumeOptions NONE = new ResumeOptions(false, false, Map.of(), Set.of());

    /** For an automatic resume: changes of the workflow file are not adopted. */
    public static final ResumeOptions AS_SUBMITTED = NONE.with(Edits.AS_SUBMITTED);

    /** How to treat changes of the workflow file since the run took its text. */
    public enum Edits {
        /** Ended steps with a changed definition run again, with the steps that depend on them. */
        RUN_AGAIN,
        /** The run takes over the new text and keeps its ended steps. */
        KEEP_DONE,
        /** The run keeps its text. */
        AS_SUBMITTED
    }

    public ResumeOptions {
        at = Map.copyOf(at);
        restart = Set.copyOf(restart);
        from = Set.copyOf(from);
        only = Set.copyOf(only);
        moved = Map.copyOf(moved);
    }

    public ResumeOptions(boolean acceptChanged, boolean assumeLost, Map<String, Long> at, Set<String> restart) {
        this(acceptChanged, assumeLost, at, restart, Set.of(), Set.of(), Map.of(), Edits.RUN_AGAIN);
    }

    public ResumeOptions with(Edits chosen) {
        return new ResumeOptions(acceptChanged, assumeLost, at, restart, from, only, moved, chosen);
    }

    public ResumeOptions from(Set<String> steps) {
        return new ResumeOptions(acceptChanged, assumeLost, at, restart, steps, only, moved, edits);
    }

    public ResumeOptions only(Set<String> steps) {
        return new ResumeOptions(acceptChanged, assumeLost, at, restart, from, steps, moved, edits);
    }

    public ResumeOptions moved(Map<Path, Path> folders) {
        return new ResumeOptions(acceptChanged, assumeLost, at, restart, from, only, folders, edits);
    }

    boolean choosesSteps() {
        return !at.isEmpty() || !restart.isEmpty() || !from.isEmpty() || !only.isEmpty();
    }

    Map<String, ResumeChoice> wishes() {
        Map<String, ResumeChoice> wishes = new HashMap<>();
        at.forEach((step, image) ->
                wishes.put(step, new ResumeChoice(acceptChanged, OptionalLong.of(image), false, moved)));
        restart.forEach(step -> wishes.put(step, new ResumeChoice(acceptChanged, OptionalLong.empty(), true, moved)));
        return wishes;
    }

    ResumeChoice otherwise() {
        return new ResumeChoice(acceptChanged, OptionalLong.empty(), false, moved);
    }
}
