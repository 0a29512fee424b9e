package dev.cairn.cli.image;

import dev.cairn.cli.shared.CompositionRoot;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn image}, which needs a subcommand. */
@Command(name = "image", description = "Lists, shows and verifies images.", synopsisSubcommandLabel = "COMMAND")
public final class ImageCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static CommandLine tree(CompositionRoot composition) {
        return new CommandLine(new ImageCommand())
                .addSubcommand(new ImageListCommand(composition))
                .addSubcommand(new ImageShowCommand(composition))
                .addSubcommand(new ImageVerifyCommand(composition));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
