package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.WorkflowFiles;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn validate}. */
@Command(name = "validate", description = "Reports all problems of workflow files, with line and column.")
public final class ValidateCommand implements Callable<Integer> {
    private final Console console;
    private final WorkflowFiles files;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "The workflow files.")
    private List<Path> paths;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    public ValidateCommand(CompositionRoot composition) {
        this.console = composition.console();
        this.files = composition.workflowFiles();
    }

    @Override
    public Integer call() throws IOException, CliException {
        List<Problem> problems = new ArrayList<>();
        for (Path file : paths) {
            List<Problem> found = files.check(file).problems();
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

    private static JsonObject json(Problem problem) {
        return new JsonObject()
                .put("file", problem.file())
                .put("line", problem.place().position().line())
                .put("column", problem.place().position().column())
                .put("path", problem.place().path())
                .put("message", problem.message());
    }
}
