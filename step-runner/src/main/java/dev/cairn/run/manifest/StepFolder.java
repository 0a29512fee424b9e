package dev.cairn.run.manifest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

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

    /** The images that lie here, whether the manifest knows them or not, by their sequence. */
    public List<Long> imagesOnDisk() throws IOException {
        List<Long> sequences = new ArrayList<>();
        try (DirectoryStream<Path> images = Files.newDirectoryStream(checkpoints(), "[0-9]*")) {
            for (Path image : images) {
                String name = image.getFileName().toString();
                if (name.matches("\\d{6,9}")) {
                    sequences.add(Long.valueOf(name));
                }
            }
        } catch (NoSuchFileException none) {
            return List.of();
        }
        Collections.sort(sequences);
        return sequences;
    }

    /** Relative to the step's folder. */
    static String imagePath(long sequence) {
        return "checkpoints/%06d".formatted(sequence);
    }
}
