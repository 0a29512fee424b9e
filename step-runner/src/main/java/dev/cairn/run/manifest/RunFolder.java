package dev.cairn.run.manifest;

import java.nio.file.Path;

/**
 * The paths within a run's folder.
 *
 * @param path the folder of the manifest, the owner, the events and the requests
 * @param base the folder of the steps and their common files; differs from {@code path} for a part of a run that has an
 *     owner of its own
 */
public record RunFolder(Path path, Path base) {
    public RunFolder(Path path) {
        this(path, path);
    }

    /** The folder of a step that a separate batch job runs. */
    public RunFolder ofJob(String step) {
        return new RunFolder(step(step).path().resolve("job"), base);
    }

    public String runId() {
        return base.getFileName().toString();
    }

    public Path workflow() {
        return base.resolve("workflow.yaml");
    }

    public Path manifest() {
        return path.resolve("manifest.json");
    }

    public Path events() {
        return path.resolve("events.jsonl");
    }

    /** How much of the run each receiver has been notified of. */
    public Path notifications() {
        return path.resolve("notify.json");
    }

    public Path requests() {
        return path.resolve("requests");
    }

    /** {@code ${{ run.dir }}}. */
    public Path work() {
        return base.resolve("work");
    }

    public Path temporary() {
        return path.resolve("tmp");
    }

    /** The records of decided matrices. */
    public Path matrices() {
        return base.resolve("matrices");
    }

    public Path matrix(String step) {
        return matrices().resolve(step + ".json");
    }

    public Path steps() {
        return base.resolve("steps");
    }

    public StepFolder step(String id) {
        return new StepFolder(steps().resolve(id));
    }
}
