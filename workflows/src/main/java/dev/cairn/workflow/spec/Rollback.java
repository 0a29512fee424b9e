package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.util.List;

/** {@code rollback}. */
public sealed interface Rollback {

    record None() implements Rollback {}

    /** Files open for writing, and whole: the outputs, the artifacts, the run's own folder. */
    record Open() implements Rollback {}

    /** Besides what {@link Open} means, these files and folders; the working directory when none is named. */
    record Tree(List<Template> paths) implements Rollback {
        public Tree {
            paths = List.copyOf(paths);
        }
    }
}
