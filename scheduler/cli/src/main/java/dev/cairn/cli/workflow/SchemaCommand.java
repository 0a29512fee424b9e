package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.workflow.Workflows;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code cairn schema}. */
@Command(name = "schema", description = "Prints the JSON Schema of workflow files, for editors and other tools.")
public final class SchemaCommand implements Callable<Integer> {
    private final Console console;

    public SchemaCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Json.print(console.out(), Workflows.schema());
        return ExitCode.OK;
    }
}
