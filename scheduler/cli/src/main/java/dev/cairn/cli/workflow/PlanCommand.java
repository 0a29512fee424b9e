package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.WorkflowFiles;
import dev.cairn.run.StepRunner;
import dev.cairn.run.view.Json;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    @Option(
            names = "--graph",
            paramLabel = "dot|mermaid",
            description = "Only the graph of the steps, for Graphviz or for Markdown.")
    private PlanGraph.@Nullable Format graph;

    public PlanCommand(CompositionRoot composition) {
        this.console = composition.console();
        this.files = composition.workflowFiles();
    }

    @Override
    public Integer call() throws IOException, CliException {
        Workflow workflow = files.read(file);
        Plan plan = files.plan(workflow, inputs.values());
        if (graph != null) {
            console.out().print(PlanGraph.of(plan, graph));
            return ExitCode.OK;
        }
        if (json) {
            Json.print(console.out(), PlanView.json(plan));
        } else {
            PlanView.print(plan, console.out());
        }
        List<Problem> problems = StepRunner.problemsBeforeStart(plan, workflow.file(), console.environment());
        if (problems.isEmpty()) {
            return ExitCode.OK;
        }
        throw new CliException(ExitCode.USAGE, files.told(problems, file));
    }
}
