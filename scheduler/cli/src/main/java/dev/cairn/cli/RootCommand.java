package dev.cairn.cli;

import dev.cairn.cli.shared.GlobalOptions;
import dev.cairn.cli.shared.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code cairn} without a subcommand. */
@Command(
        name = "cairn",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        description = "Runs pipelines whose steps can be stopped at any instant and resume from their last checkpoint.",
        footer = {
            "",
            "Exit codes: 0 success, 1 the workflow failed, 2 wrong usage or invalid file,",
            "75 stopped and resumable; the others are in scheduler/docs/cli.md."
        })
final class RootCommand implements Callable<Integer> {
    @Mixin
    private final GlobalOptions options;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "The version.")
    private boolean version;

    @Spec
    private CommandSpec spec;

    RootCommand(GlobalOptions options) {
        this.options = options;
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
