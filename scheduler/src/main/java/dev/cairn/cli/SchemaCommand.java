package dev.cairn.cli;

import dev.cairn.workflow.read.WorkflowReader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code cairn schema}. */
@Command(name = "schema", description = "Prints the JSON Schema of workflow files, for editors and other tools.")
final class SchemaCommand implements Callable<Integer> {
    private final Console console;

    SchemaCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Json.print(console.out(), WorkflowReader.schema());
        return ExitCode.OK;
    }
}
