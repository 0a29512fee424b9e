package dev.cairn.run.internal.step;

import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Removes files that a succeeded step no longer needs, because its manifest holds everything. Otherwise a run of many
 * short steps would leave ten files for each. Stateless; any thread.
 */
final class StepTraces {
    private StepTraces() {}

    /** Removes as much as possible. A file that remains only takes space. */
    static void remove(StepManifest step, StepServices services) {
        StepFolder folder = step.folder();
        try {
            for (AttemptRecord attempt : step.attempts()) {
                services.engine(attempt.engine()).discard(folder.attempt(attempt.number()));
                removeIfEmpty(folder.attempt(attempt.number()));
            }
            Files.deleteIfExists(folder.path().resolve("env.sh"));
            for (Path log : List.of(folder.stdout(), folder.stderr())) {
                if (Files.size(log) == 0) {
                    Files.delete(log);
                }
            }
        } catch (IOException left) {
            // the step has succeeded in any case
        }
        removeIfEmpty(folder.path().resolve("attempts"));
        removeIfEmpty(folder.path().resolve("tmp"));
    }

    private static void removeIfEmpty(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException isNot) {
            // the step may have left files in it
        }
    }
}
