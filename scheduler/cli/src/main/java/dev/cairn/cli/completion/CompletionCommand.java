package dev.cairn.cli.completion;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn completion}. */
@Command(name = "completion", description = "Prints a completion script: source <(cairn completion bash)")
public final class CompletionCommand implements Callable<Integer> {
    private final Console console;

    /** Shells with a script among the resources of this package. */
    enum Shell {
        bash,
        zsh,
        fish
    }

    @Parameters(index = "0", paramLabel = "SHELL", description = "bash, zsh or fish.")
    private Shell shell = Shell.bash;

    public CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (InputStream script =
                Objects.requireNonNull(CompletionCommand.class.getResourceAsStream("cairn." + shell))) {
            console.out().print(new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        console.out().flush();
        return ExitCode.OK;
    }
}
