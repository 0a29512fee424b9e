package dev.cairn.cli;

import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the image that a person names: by its folder, or as NAME/STEP/SEQ or NAME/STEP. */
final class ImagePath {
    private ImagePath() {}

    static Path find(String given, Composition composition) throws IOException, CliException {
        Path folder = composition.console().resolve(Path.of(given));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        String[] parts = given.split("/", -1);
        if (parts.length != 2 && parts.length != 3) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    given + ": neither a folder nor NAME/STEP/SEQ; 'cairn image ls NAME' lists them");
        }
        RunFolder run = composition.runs().find(parts[0]);
        StepFolder step = run.step(parts[1]);
        long sequence = parts.length == 3 ? number(given, parts[2]) : newest(given, step);
        if (!Files.isDirectory(step.image(sequence))) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    given + ": there is no such image; 'cairn image ls " + parts[0] + "' lists them");
        }
        return step.image(sequence);
    }

    private static long number(String given, String text) throws CliException {
        if (!text.matches("[0-9]{1,9}")) {
            throw new CliException(ExitCode.USAGE, given + ": '" + text + "' is not the number of an image");
        }
        return Long.parseLong(text);
    }

    private static long newest(String given, StepFolder step) throws IOException, CliException {
        return StepManifest.read(step).stream()
                .flatMap(manifest -> manifest.images().stream())
                .mapToLong(ImageRecord::sequence)
                .max()
                .orElseThrow(() -> new CliException(ExitCode.NOT_FOUND, given + ": this step has no image"));
    }
}
