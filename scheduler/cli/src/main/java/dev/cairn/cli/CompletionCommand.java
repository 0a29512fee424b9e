package dev.cairn.cli;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn completion}. */
@Command(name = "completion", description = "Prints a completion script: source <(cairn completion bash)")
final class CompletionCommand implements Callable<Integer> {
    private final Console console;
    private final Supplier<CommandLine> tree;

    /** Shells with completion. picocli's script serves both; zsh uses it through bashcompinit. */
    enum Shell {
        bash,
        zsh
    }

    @Parameters(index = "0", paramLabel = "SHELL", description = "bash or zsh.")
    private Shell shell = Shell.bash;

    CompletionCommand(Console console, Supplier<CommandLine> tree) {
        this.console = console;
        this.tree = tree;
    }

    @Override
    public Integer call() {
        console.out().print(AutoComplete.bash("cairn", tree.get()));
        console.out().flush();
        return ExitCode.OK;
    }
}
