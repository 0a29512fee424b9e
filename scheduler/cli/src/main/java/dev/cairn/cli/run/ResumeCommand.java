package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn resume}. */
@Command(
        name = "resume",
        description = "Resumes a run from its last checkpoints; without NAME the newest unfinished run.")
public final class ResumeCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "A run's id, the name of an exec, or a key.")
    private @Nullable String name;

    @Option(names = "--at", paramLabel = "[STEP:]SEQ", description = "Resumes from this image only.")
    private @Nullable String at;

    @Option(
            names = "--restart",
            paramLabel = "STEP",
            description = "Restarts this step from the beginning and rolls its files back; repeatable.")
    private Set<String> restart = new LinkedHashSet<>();

    @Option(
            names = "--map",
            paramLabel = "OLD=NEW",
            description = "The folder OLD has been moved to NEW: translates all recorded paths; repeatable.")
    private Map<Path, Path> moved = new LinkedHashMap<>();

    @Mixin
    private RunningOptions running;

    @Mixin
    private RunningOptions.OfWorkflows workflows;

    @Option(names = "--json", description = "Prints the run at the end, as 'show --json' does.")
    private boolean json;

    public ResumeCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Runs runs = composition.runs();
        ForegroundRun foreground = new ForegroundRun(composition, runs, json);
        RunFolder folder = name == null ? newest(runs) : runs.find(name);
        RunManifest run = RunManifest.read(folder);
        ResumeOptions options = workflows.in(
                new ResumeOptions(running.acceptChanged, running.assumeLost, image(run), ids(run)).moved(moved()));
        return foreground
                .verbose(workflows.verbose)
                .run(() -> runs.runner().resume(folder, options, false), running.patience());
    }

    private static RunFolder newest(Runs runs) throws IOException, CliException {
        return runs.list()
                .newestResumable()
                .map(RunManifest::folder)
                .orElseThrow(() -> new CliException(
                        ExitCode.NOT_FOUND,
                        "there is no unfinished run in " + runs.home().path()));
    }

    private Map<Path, Path> moved() throws CliException {
        Map<Path, Path> folders = new LinkedHashMap<>();
        for (Map.Entry<Path, Path> pair : moved.entrySet()) {
            Path from = pair.getKey().toAbsolutePath().normalize();
            Path to = pair.getValue().toAbsolutePath().normalize();
            if (from.getNameCount() == 0 || to.getNameCount() == 0) {
                throw new CliException(ExitCode.USAGE, "--map " + from + "=" + to + ": name a folder below /");
            }
            folders.put(from, to);
        }
        return folders;
    }

    private Set<String> ids(RunManifest run) throws RequestException {
        Set<String> ids = new LinkedHashSet<>();
        for (String named : restart) {
            ids.add(run.named(named).isEmpty() ? named : RunStore.stepId(run, named));
        }
        return ids;
    }

    private Map<String, Long> image(RunManifest run) throws CliException, RequestException {
        if (at == null) {
            return Map.of();
        }
        int colon = at.lastIndexOf(':');
        String sequence = at.substring(colon + 1);
        if (!sequence.matches("[0-9]{1,9}")) {
            throw new CliException(ExitCode.USAGE, "--at " + at + ": not the number of an image");
        }
        return Map.of(
                colon > 0 ? RunStore.stepId(run, at.substring(0, colon)) : onlyUnfinishedStep(run),
                Long.valueOf(sequence));
    }

    private String onlyUnfinishedStep(RunManifest run) throws CliException {
        List<String> unfinished = run.steps().entrySet().stream()
                .filter(step -> step.getValue().state() != StepState.SUCCEEDED
                        && step.getValue().newestImage().isPresent())
                .map(Map.Entry::getKey)
                .toList();
        if (unfinished.size() != 1) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--at " + at + ": which step? Unfinished with images are: " + String.join(", ", unfinished)
                            + ". Write --at STEP:" + at);
        }
        return unfinished.get(0);
    }
}
