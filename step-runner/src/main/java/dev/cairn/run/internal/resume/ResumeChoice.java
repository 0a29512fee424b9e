package dev.cairn.run.internal.resume;

import java.util.OptionalLong;

/**
 * What a person asked for when resuming a step.
 *
 * @param acceptChanged images made by another version of the step may be used
 * @param at resume only from this image
 * @param restart start from the beginning
 */
public record ResumeChoice(boolean acceptChanged, OptionalLong at, boolean restart) {
    /** The ladder decides. */
    public static final ResumeChoice NONE = new ResumeChoice(false, OptionalLong.empty(), false);
}
