package dev.cairn.cli.image;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Finds the image that a person names: by its folder, as NAME/STEP/SEQ or NAME/STEP, or as NAME for a run with one
 * step.
 */
final class ImagePath {
    private ImagePath() {}

    static Path find(String given, CompositionRoot composition) throws IOException, CliException {
        Path folder = composition.console().resolve(Path.of(given));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        String[] parts = given.split("/", -1);
        if (parts.length > 3) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    given + ": neither a folder nor NAME/STEP/SEQ; 'cairn image ls NAME' lists them");
        }
        RunFolder run = composition.runs().find(parts[0]);
        StepFolder step = run.step(parts.length == 1 ? onlyStep(given, run) : parts[1]);
        long sequence = parts.length == 3 ? number(given, parts[2]) : newest(given, step);
        if (!Files.isDirectory(step.image(sequence))) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    given + ": there is no such image; 'cairn image ls " + parts[0] + "' lists them");
        }
        return step.image(sequence);
    }

    private static String onlyStep(String given, RunFolder run) throws IOException, CliException {
        Set<String> steps = RunManifest.read(run).steps().keySet();
        if (steps.size() != 1) {
            throw new CliException(
                    ExitCode.USAGE, given + ": a run of several steps; name one, as in " + given + "/STEP");
        }
        return steps.iterator().next();
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
