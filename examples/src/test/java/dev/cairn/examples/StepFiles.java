package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Cairn keeps of one step, read as anybody may read it. */
record StepFiles(Path folder) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** @param resumedFrom the image's sequence; empty for a start without one */
    record Attempt(int number, String cause, OptionalLong resumedFrom, List<String> passed) {}

    /** The steps of a run that were ever looked at. */
    static List<StepFiles> of(Path run) throws IOException {
        Path steps = run.resolve("steps");
        if (!Files.isDirectory(steps)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(steps)) {
            return folders.sorted().map(StepFiles::new).toList();
        }
    }

    String id() {
        return folder.getFileName().toString();
    }

    /** In their order, as {@code step.json} tells them. */
    List<Attempt> attempts() throws IOException {
        return document()
                .path("attempts")
                .valueStream()
                .map(StepFiles::attempt)
                .sorted(Comparator.comparingInt(Attempt::number))
                .toList();
    }

    /** The newest image that was published, the files of the step's start (0) included. */
    OptionalLong newestImage() throws IOException {
        Path images = folder.resolve("checkpoints");
        if (!Files.isDirectory(images)) {
            return OptionalLong.empty();
        }
        try (Stream<Path> folders = Files.list(images)) {
            return folders.map(image -> image.getFileName().toString())
                    .filter(name -> name.matches("[0-9]{6}"))
                    .mapToLong(Long::parseLong)
                    .max();
        }
    }

    /** The images that {@code step.json} knows. */
    List<Long> recordedImages() throws IOException {
        return document()
                .path("images")
                .valueStream()
                .map(image -> image.path("sequence").asLong())
                .toList();
    }

    /** The pid of the supervisor of an attempt. */
    long supervisor(int attempt) throws IOException {
        return JSON.readTree(folder.resolve("attempts/%03d/supervisor.json".formatted(attempt)))
                .path("pid")
                .asLong();
    }

    /** {@code step.json}; empty before it is there. */
    private JsonNode document() throws IOException {
        Path file = folder.resolve("step.json");
        return Files.exists(file) ? JSON.readTree(file) : JSON.createObjectNode();
    }

    private static Attempt attempt(JsonNode node) {
        return new Attempt(
                node.path("number").asInt(),
                node.path("end").path("cause").asString(""),
                node.path("resumed_from").isNull()
                        ? OptionalLong.empty()
                        : OptionalLong.of(node.path("resumed_from").asLong()),
                node.path("passed").valueStream().map(JsonNode::toString).toList());
    }
}
