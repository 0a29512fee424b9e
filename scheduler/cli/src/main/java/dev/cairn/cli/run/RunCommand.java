package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.NonEmptyName;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.failure.RunnerFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn run}. */
@Command(
        name = "run",
        description = "Runs a workflow to its end: resumes its newest run that has not succeeded, or starts a new one.")
public final class RunCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "FILE", description = "The workflow file.")
    private Path file;

    @Mixin
    private InputOptions inputs;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            converter = NonEmptyName.class,
            description = "Resumes an unfinished or failed run with this key; does nothing if it succeeded.")
    private @Nullable String key;

    @Option(names = "--new", description = "Starts a new run even if there is one to resume.")
    private boolean fresh;

    @Mixin
    private RunningOptions running;

    @Mixin
    private RunningOptions.OfWorkflows workflows;

    @Option(names = "--json", description = "Prints the run at the end, as 'show --json' does.")
    private boolean json;

    public RunCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Path path = composition.console().resolve(file);
        if (!Files.isRegularFile(path)) {
            composition.workflowFiles().check(file);
        }
        Runs runs = composition.runsOf(path);
        ForegroundRun foreground = new ForegroundRun(composition, runs, json);
        ResumeOptions options =
                workflows.in(new ResumeOptions(running.acceptChanged, running.assumeLost, Map.of(), Set.of()));
        WorkflowRequest request =
                new WorkflowRequest(path, inputs.values(), Optional.ofNullable(key), fresh, options, Optional.empty());
        return foreground.verbose(workflows.verbose).run(() -> runs.runner().run(request), running.patience());
    }
}
