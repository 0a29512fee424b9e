package dev.cairn.cli.workflow;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Json;
import dev.cairn.cli.shared.JsonObject;
import dev.cairn.cli.shared.WorkflowFiles;
import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn validate}. */
@Command(name = "validate", description = "Reports all problems of a workflow file, with line and column.")
public final class ValidateCommand implements Callable<Integer> {
    private final Console console;
    private final WorkflowFiles files;

    @Parameters(index = "0", paramLabel = "FILE", description = "The workflow file.")
    private Path file;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    public ValidateCommand(CompositionRoot composition) {
        this.console = composition.console();
        this.files = composition.workflowFiles();
    }

    @Override
    public Integer call() throws IOException, CliException {
        List<Problem> problems = files.check(file).problems();
        if (json) {
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put("valid", problems.isEmpty())
                            .put(
                                    "problems",
                                    problems.stream().map(ValidateCommand::json).toList()));
        } else if (problems.isEmpty()) {
            console.say(file + ": valid");
        } else {
            console.say("cairn: " + files.told(problems, file));
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
