package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.WorkflowFiles;
import dev.cairn.run.view.Json;
import dev.cairn.workflow.plan.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn plan}. */
@Command(
        name = "plan",
        description = "Shows what 'run' would do: the steps in order, with their needs and checkpoints.")
public final class PlanCommand implements Callable<Integer> {
    private final Console console;
    private final WorkflowFiles files;

    @Parameters(index = "0", paramLabel = "FILE", description = "The workflow file.")
    private Path file;

    @Mixin
    private InputOptions inputs;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    public PlanCommand(CompositionRoot composition) {
        this.console = composition.console();
        this.files = composition.workflowFiles();
    }

    @Override
    public Integer call() throws IOException, CliException {
        Plan plan = files.plan(files.read(file), inputs.values());
        if (json) {
            Json.print(console.out(), PlanView.json(plan));
        } else {
            PlanView.print(plan, console.out());
        }
        return ExitCode.OK;
    }
}
