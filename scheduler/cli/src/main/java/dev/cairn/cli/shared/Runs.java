package dev.cairn.cli.shared;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepStatus;
import dev.cairn.files.DocumentException;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.StepRunner;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.UnknownEngineException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunManifest.StepLine;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.BatchScript;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The runs of a home, for commands. Reading needs no engine, so engines are loaded only when a runner is needed. */
public final class Runs {
    private final CairnHome home;
    private final Surroundings surroundings;

    /** What the runs need from their command. */
    interface Surroundings {
        Console console();

        StepRunner runner(CairnHome home) throws EngineException, IOException;

        /** Whether a command here would find this home without {@code --home}. */
        boolean isFoundFromHere(CairnHome home);
    }

    public Runs(CairnHome home, Surroundings surroundings) {
        this.home = home;
        this.surroundings = surroundings;
    }

    public RunStore store() {
        return new RunStore(home);
    }

    /** All runs. Names unusable ones on stderr. */
    public RunStore.Listing list() throws IOException {
        RunStore.Listing listing = store().list();
        sayUnreadable(listing.unreadable());
        return listing;
    }

    public void sayUnreadable(List<IOException> unreadable) {
        unreadable.forEach(e -> surroundings.console().say("cairn: " + e.getMessage()));
    }

    public StepRunner runner() throws EngineException, IOException {
        return surroundings.runner(home);
    }

    public CairnHome home() {
        return home;
    }

    /** @param name null for the newest run of the home */
    public RunFolder findOrNewest(@Nullable String name) throws IOException, CliException {
        if (name != null) {
            return find(name);
        }
        return list().runs().stream()
                .findFirst()
                .map(RunManifest::folder)
                .orElseThrow(() -> new CliException(ExitCode.NOT_FOUND, "there is no run in " + home.path()));
    }

    public RunFolder find(String name) throws IOException, CliException {
        try {
            return store().find(name);
        } catch (NoSuchRunException e) {
            throw new CliException(ExitCode.NOT_FOUND, e.getMessage() + "; 'cairn ps --all' lists them", e);
        }
    }

    public RunManifest read(String name) throws IOException, CliException {
        return RunManifest.read(find(name));
    }

    public Optional<OwnerRecord> ownerOf(RunFolder run) throws IOException {
        return RunStore.ownerOf(run);
    }

    /** The steps of a run that have been started or decided on, in the order of the plan. */
    public List<StepManifest> steps(RunManifest run) throws IOException {
        return RunStore.steps(run);
    }

    /** The running steps that are frozen on this host because their lease cannot be renewed, each with the time since the last renewal. */
    public Map<String, Duration> frozen(RunManifest run) throws IOException {
        Map<String, Duration> frozen = new TreeMap<>();
        for (Map.Entry<String, StepLine> step : run.steps().entrySet()) {
            if (step.getValue().state() == StepState.RUNNING) {
                status(run, step.getKey())
                        .flatMap(StepStatus::frozenByLease)
                        .ifPresent(silent -> frozen.put(step.getKey(), silent));
            }
        }
        return frozen;
    }

    private Optional<StepStatus> status(RunManifest run, String step) throws IOException {
        try {
            Optional<StepManifest> manifest = StepManifest.read(run.folder().step(step));
            return manifest.isPresent() ? runner().statusOf(manifest.get()) : Optional.empty();
        } catch (EngineException | DocumentException | UntrustedException | UnknownEngineException unseen) {
            return Optional.empty(); // the next resume of the run reports it
        }
    }

    /** The folder of one step, or of all steps. */
    public List<StepFolder> stepFolders(RunManifest run, Optional<String> step) throws RequestException {
        List<String> ids = step.isPresent()
                ? List.of(RunStore.stepId(run, step.get()))
                : List.copyOf(run.steps().keySet());
        return ids.stream().map(run.folder()::step).toList();
    }

    /** The command line for a run as a person would type it here. */
    public String line(String command, RunManifest run) {
        List<String> words = new ArrayList<>(List.of("cairn", command));
        if (!surroundings.isFoundFromHere(home)) {
            words.addAll(List.of("--home", home.path().toString()));
        }
        words.add(run.origin().key().orElse(run.id()));
        return BatchScript.line(words);
    }
}
