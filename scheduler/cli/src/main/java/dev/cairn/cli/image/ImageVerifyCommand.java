package dev.cairn.cli.image;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.supervised.SupervisedImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn image verify}. */
@Command(
        name = "verify",
        description = "Checks every byte of an image, and whether a step can resume from it on this host.")
final class ImageVerifyCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Its folder, or NAME/STEP/SEQ, or NAME/STEP.")
    private String image;

    ImageVerifyCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException {
        Path folder = ImagePath.find(image, composition);
        Optional<String> reason = SupervisedImages.unsound(folder);
        composition.console().out().println(folder + ": " + reason.orElse("valid; a step can resume from it here"));
        return reason.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
}
