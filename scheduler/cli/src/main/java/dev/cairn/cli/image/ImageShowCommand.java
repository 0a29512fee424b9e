package dev.cairn.cli.image;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.supervised.SupervisedImages;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn image show}. */
@Command(name = "show", description = "Prints the metadata of an image and its step as JSON.")
final class ImageShowCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Its folder, or NAME/STEP/SEQ, or NAME/STEP.")
    private String image;

    ImageShowCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException {
        composition.console().out().println(SupervisedImages.describe(ImagePath.find(image, composition)));
        return ExitCode.OK;
    }
}
