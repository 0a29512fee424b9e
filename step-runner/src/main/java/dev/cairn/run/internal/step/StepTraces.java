package dev.cairn.run.internal.step;

import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Removes what a step that has succeeded needs no longer: its manifest says all. A run of many short steps would otherwise leave ten
 * files for each. Stateless; any thread.
 */
final class StepTraces {
    private StepTraces() {}

    /** As far as it can; what is left costs room, and nothing else. */
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
            // it succeeded in any case
        }
        removeIfEmpty(folder.path().resolve("attempts"));
        removeIfEmpty(folder.path().resolve("tmp"));
    }

    private static void removeIfEmpty(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException isNot) {
            // a step may have left files in it
        }
    }
}
