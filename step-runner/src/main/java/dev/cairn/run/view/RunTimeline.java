package dev.cairn.run.view;

import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What has happened in a run, over all attempts and hosts, from its journals of events. */
public final class RunTimeline {
    private RunTimeline() {}

    /**
     * One event.
     *
     * @param step empty for the run itself
     * @param what the event's name
     * @param detail for a person
     */
    public record Entry(Instant at, Optional<String> step, String what, String detail) {
        private static Entry of(ObjectNode line) {
            return new Entry(
                    Instant.parse(line.path("at").asString(Instant.EPOCH.toString())),
                    Optional.of(line.path("step").asString("")).filter(id -> !id.isEmpty()),
                    line.path("event").asString(""),
                    line.path("text").asString(""));
        }

        public JsonObject json() {
            return new JsonObject()
                    .put("at", at)
                    .put("step", step)
                    .put("what", what)
                    .put("detail", detail);
        }
    }

    /** The events of the run and of the jobs of its steps, in one order. */
    public static List<Entry> of(RunManifest run) throws IOException {
        List<Entry> entries = new ArrayList<>(entries(run.folder()));
        for (String step : run.steps().keySet()) {
            entries(run.folder().ofJob(step)).stream()
                    .filter(entry -> entry.step().isPresent())
                    .forEach(entries::add);
        }
        entries.sort(Comparator.comparing(Entry::at)); // which keeps the order of those of one instant
        return entries;
    }

    private static List<Entry> entries(RunFolder folder) throws IOException {
        return JsonLines.read(folder.events()).stream().map(Entry::of).toList();
    }
}
