package dev.cairn.cli.shared;

import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Reads workflow files for commands, and reports all problems of a file at once. */
public final class WorkflowFiles {
    private final Console console;
    private final Clock clock;

    WorkflowFiles(Console console, Clock clock) {
        this.console = console;
        this.clock = clock;
    }

    /** The workflow in the file, or all its problems; an unreadable file is a separate error. */
    public Result<Workflow> check(Path file) throws IOException, CliException {
        Path path = console.resolve(file);
        if (!Files.exists(path)) {
            throw new CliException(ExitCode.USAGE, file + ": no such workflow file");
        }
        if (!Files.isRegularFile(path)) {
            throw new CliException(ExitCode.USAGE, file + ": not a file; name the workflow file itself");
        }
        return Workflows.read(file);
    }

    public Workflow read(Path file) throws IOException, CliException {
        return valueOf(check(file), file);
    }

    public Plan plan(Workflow workflow, Map<String, String> inputs) throws CliException {
        return valueOf(Workflows.plan(workflow, inputs, clock), workflow.file());
    }

    private <T> T valueOf(Result<T> result, Path file) throws CliException {
        if (result instanceof Result.Ok<T> ok) {
            return ok.value();
        }
        throw new CliException(ExitCode.USAGE, told(result.problems(), file));
    }

    /** Prints each problem on a line with its position, to which editors can jump. The caller prints the summary. */
    public String told(List<Problem> problems, Path file) {
        problems.forEach(problem -> console.say(problem.toString()));
        return file + ": " + (problems.size() == 1 ? "1 problem" : problems.size() + " problems");
    }
}
