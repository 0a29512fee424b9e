package dev.cairn.run.internal.resume;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a person asked for when resuming a step.
 *
 * @param acceptChanged images made by another version of the step may be used
 * @param at resume only from this image
 * @param restart start from the beginning
 * @param moved former paths of moved folders, each with the path now
 */
public record ResumeChoice(boolean acceptChanged, OptionalLong at, boolean restart, Map<Path, Path> moved) {
    /** The ladder decides. */
    public static final ResumeChoice NONE = new ResumeChoice(false, OptionalLong.empty(), false, Map.of());

    /** Translates a recorded path to the one that leads there now. The longest former path decides. */
    public Path now(Path path) {
        return moved.entrySet().stream()
                .filter(pair -> path.startsWith(pair.getKey()))
                .max(Comparator.comparingInt(pair -> pair.getKey().getNameCount()))
                .map(pair -> pair.getValue().resolve(pair.getKey().relativize(path)))
                .orElse(path);
    }
}
