package dev.cairn.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * Which files go back with the step.
 *
 * @param openFiles every regular file the step has open for writing
 * @param trees folders and files that are rolled back as a whole, open or not; absolute paths
 */
public record Rollback(boolean openFiles, List<Path> trees) {
    public Rollback {
        trees = List.copyOf(trees);
    }
}
