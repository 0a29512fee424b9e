package dev.cairn.run.manifest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/** The paths within a step's folder. */
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

    /** {@code $CAIRN_OUTPUT}. */
    public Path output() {
        return path.resolve("output");
    }

    /** The masks of its logs. */
    public Path masks() {
        return path.resolve("masks.json");
    }

    public Path attempt(int number) {
        return path.resolve("attempts").resolve("%03d".formatted(number));
    }

    /** The highest number of an attempt with a non-empty folder. An attempt with an empty folder was never started. */
    public OptionalInt newestAttempt() throws IOException {
        return numbered(path.resolve("attempts"), "\\d{3,9}").stream()
                .mapToInt(Long::intValue)
                .filter(number -> isFilled(attempt(number)))
                .max();
    }

    private static boolean isFilled(Path folder) {
        String[] names = folder.toFile().list();
        return names != null && names.length > 0;
    }

    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    public Path image(long sequence) {
        return path.resolve(imagePath(sequence));
    }

    /** The images in this folder by sequence, including images that the manifest lacks. */
    public List<Long> imagesOnDisk() throws IOException {
        return numbered(checkpoints(), "\\d{6,9}");
    }

    private static List<Long> numbered(Path folder, String pattern) throws IOException {
        List<Long> numbers = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "[0-9]*")) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.matches(pattern)) {
                    numbers.add(Long.valueOf(name));
                }
            }
        } catch (NoSuchFileException none) {
            return List.of();
        }
        Collections.sort(numbers);
        return numbers;
    }

    /** A path relative to the step's folder. */
    static String imagePath(long sequence) {
        return "checkpoints/%06d".formatted(sequence);
    }
}
