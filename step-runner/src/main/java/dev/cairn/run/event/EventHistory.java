package dev.cairn.run.event;

import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reconstructs a step from the events if its own document is missing, probably because it was torn and the user moved
 * it away.
 */
public final class EventHistory {
    private EventHistory() {}

    /**
     * The newest attempt that has a folder, without an end: the runner that attaches to it finds its end and its
     * images.
     *
     * @return empty if the step has never been started
     */
    public static Optional<AttemptRecord> newestAttempt(RunFolder run, String step) throws IOException {
        OptionalInt number = run.step(step).newestAttempt();
        if (number.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode start = JsonMapper.shared()
                .createObjectNode()
                .put(
                        "at",
                        Files.getLastModifiedTime(run.step(step).attempt(number.getAsInt()))
                                .toString());
        for (Path events :
                List.of(new RunFolder(run.base()).events(), run.ofJob(step).events())) {
            for (ObjectNode line : JsonLines.read(events)) {
                if (line.path("event").asString("").equals("attempt_started")
                        && line.path("step").asString("").equals(step)
                        && line.path("attempt").asInt(0) == number.getAsInt()) {
                    start = line;
                }
            }
        }
        return Optional.of(EventJson.attempt(start.put("attempt", number.getAsInt())));
    }
}
