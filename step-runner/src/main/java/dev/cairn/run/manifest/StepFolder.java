package dev.cairn.run.manifest;

import java.nio.file.Path;

/** Where things lie in a step's folder. */
public record StepFolder(Path path) {

    public String stepId() {
        return path.getFileName().toString();
    }

    public Path document() {
        return path.resolve("step.json");
    }

    public Path stdout() {
        return path.resolve("stdout.log");
    }

    public Path stderr() {
        return path.resolve("stderr.log");
    }

    public Path attempt(int number) {
        return path.resolve("attempts").resolve("%03d".formatted(number));
    }

    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    public Path image(long sequence) {
        return path.resolve(imagePath(sequence));
    }

    /** Relative to the step's folder. */
    static String imagePath(long sequence) {
        return "checkpoints/%06d".formatted(sequence);
    }
}
