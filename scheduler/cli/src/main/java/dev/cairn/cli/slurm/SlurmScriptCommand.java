package dev.cairn.cli.slurm;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.NonEmptyName;
import dev.cairn.cli.shared.SelfCommand;
import dev.cairn.engine.EngineException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.slurm.BatchScript;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn slurm script}. */
@Command(
        name = "script",
        description = "Prints a batch script that runs the workflow and resumes it after each requeue.",
        customSynopsis = "cairn slurm script [OPTIONS] FILE [-- SBATCH-OPTION...]")
final class SlurmScriptCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "FILE", description = "The workflow file.")
    private Path file;

    @Parameters(
            index = "1..*",
            paramLabel = "SBATCH-OPTION",
            description = "Options for sbatch, written as #SBATCH lines, e.g. --partition=scavenge --time=04:00:00.")
    private List<String> directives = new ArrayList<>();

    @Mixin
    private InputOptions inputs;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            converter = NonEmptyName.class,
            description = "Names the run, as 'cairn run --key' does.")
    private @Nullable String key;

    SlurmScriptCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException {
        composition.workflowFiles().plan(composition.workflowFiles().read(file), inputs.values());
        List<String> command = new ArrayList<>(SelfCommand.words());
        Optional<CairnHome> home = composition.givenHome();
        if (home.isPresent()) {
            command.addAll(List.of("--home", home.get().path().toString()));
        }
        command.add("run");
        command.add(composition.console().resolve(file).toString());
        inputs.values().forEach((name, value) -> command.addAll(List.of("--input", name + "=" + value)));
        if (key != null) {
            command.addAll(List.of("--key", key));
        }
        composition.console().out().print(BatchScript.text(grouped(), command));
        composition.console().out().flush();
        return ExitCode.OK;
    }

    /** An option with its value, such as {@code -p day}, is one directive. */
    private List<String> grouped() {
        List<String> lines = new ArrayList<>();
        for (String word : directives) {
            boolean value = !word.startsWith("-") && !lines.isEmpty();
            lines.add(value ? lines.remove(lines.size() - 1) + " " + word : word);
        }
        return lines;
    }
}
