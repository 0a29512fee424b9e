package dev.cairn.run.view;

import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/** The events of a run over all attempts and hosts, from its journals of events. */
public final class RunTimeline {
    private RunTimeline() {}

    /**
     * One event.
     *
     * @param step empty for the run itself
     * @param what the event's name
     * @param detail for a person
     * @param bytes of an image
     * @param pause of the step for an image
     */
    public record Entry(
            Instant at, Optional<String> step, String what, String detail, OptionalLong bytes, Duration pause) {
        /** Whether an image was published. */
        public boolean isImage() {
            return bytes.isPresent();
        }

        private static Entry of(ObjectNode line) {
            return new Entry(
                    Instant.parse(line.path("at").asString(Instant.EPOCH.toString())),
                    Optional.of(line.path("step").asString("")).filter(id -> !id.isEmpty()),
                    line.path("event").asString(""),
                    line.path("text").asString(""),
                    line.path("bytes").isIntegralNumber()
                            ? OptionalLong.of(line.path("bytes").longValue())
                            : OptionalLong.empty(),
                    Duration.of(line.path("pause_us").asLong(0), ChronoUnit.MICROS));
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
