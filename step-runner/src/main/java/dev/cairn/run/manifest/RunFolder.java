package dev.cairn.run.manifest;

import java.nio.file.Path;

/** Where things lie in a run's folder. */
public record RunFolder(Path path) {

    public String runId() {
        return path.getFileName().toString();
    }

    public Path workflow() {
        return path.resolve("workflow.yaml");
    }

    public Path manifest() {
        return path.resolve("manifest.json");
    }

    public Path events() {
        return path.resolve("events.jsonl");
    }

    public Path requests() {
        return path.resolve("requests");
    }

    /** {@code ${{ run.dir }}}. */
    public Path work() {
        return path.resolve("work");
    }

    public Path temporary() {
        return path.resolve("tmp");
    }

    public Path steps() {
        return path.resolve("steps");
    }

    public StepFolder step(String id) {
        return new StepFolder(steps().resolve(id));
    }
}
