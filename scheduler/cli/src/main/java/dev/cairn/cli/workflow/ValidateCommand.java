package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.WorkflowFiles;
import dev.cairn.run.StepRunner;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn validate}. */
@Command(name = "validate", description = "Reports all problems of workflow files, with line and column.")
public final class ValidateCommand implements Callable<Integer> {
    private final Console console;
    private final WorkflowFiles files;
    private final Clock clock;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "The workflow files.")
    private List<Path> paths;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public ValidateCommand(CompositionRoot composition) {
        this.console = composition.console();
        this.files = composition.workflowFiles();
        this.clock = composition.clock();
    }

    @Override
    public Integer call() throws IOException, CliException {
        List<Problem> problems = new ArrayList<>();
        for (Path file : paths) {
            List<Problem> found = problemsOf(file);
            problems.addAll(found);
            if (!json) {
                console.say(found.isEmpty() ? file + ": valid" : "cairn: " + files.told(found, file));
            }
        }
        if (json) {
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put("valid", problems.isEmpty())
                            .put(
                                    "problems",
                                    problems.stream().map(ValidateCommand::json).toList()));
        }
        return problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
    }

    /** Also reports problems that only a plan shows, if all inputs have defaults. */
    private List<Problem> problemsOf(Path file) throws IOException, CliException {
        Result<Workflow> read = files.check(file);
        if (!(read instanceof Result.Ok<Workflow> workflow)) {
            return read.problems();
        }
        boolean complete = workflow.value().inputs().values().stream()
                .noneMatch(input -> input.required() && input.fallback().isEmpty());
        if (!complete) {
            return List.of();
        }
        Result<Plan> planned = Workflows.plan(workflow.value(), Map.of(), clock);
        return planned instanceof Result.Ok<Plan> plan
                ? StepRunner.problemsAnywhere(plan.value(), workflow.value().file(), console.environment())
                : planned.problems();
    }

    private static JsonObject json(Problem problem) {
        return new JsonObject()
                .put("file", problem.file())
                .put("line", problem.place().position().line())
                .put("column", problem.place().position().column())
                .put("path", problem.place().path())
                .put("message", problem.message());
    }
}
