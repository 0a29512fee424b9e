package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.http.access.Role;
import dev.cairn.http.access.Tokens;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn daemon token}. */
@Command(name = "token", description = "Prints the token of the HTTP API; creates it if there is none.")
final class DaemonTokenCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Option(names = "--read-only", description = "Prints the token that may read everything and change nothing.")
    private boolean readOnly;

    DaemonTokenCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException {
        Tokens tokens = Tokens.of(composition.stateFolder(), composition.clock());
        composition.console().out().println(tokens.of(readOnly ? Role.READ : Role.WRITE));
        return ExitCode.OK;
    }
}
