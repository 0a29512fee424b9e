package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.util.List;

/** {@code rollback}. */
public sealed interface Rollback {

    record None() implements Rollback {}

    /** Files open for writing, and as a whole: the outputs, the artifacts and the run's own folder. */
    record Open() implements Rollback {}

    /** The files of {@link Open} and these files and folders; if none are named, the working directory. */
    record Tree(List<Template> paths) implements Rollback {
        public Tree {
            paths = List.copyOf(paths);
        }
    }
}
