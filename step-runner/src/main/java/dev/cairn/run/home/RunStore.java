package dev.cairn.run.home;

import dev.cairn.files.DocumentException;
import dev.cairn.files.Presence;
import dev.cairn.files.Trust;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.internal.names.RunHistory;
import dev.cairn.run.internal.names.RunIds;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the runs of a home. Immutable; any thread. */
public final class RunStore {
    /** An owner on another host counts as dead when its heartbeat is silent for this long. */
    public static final Duration LONGEST_SILENCE = Owners.LEASE;

    private final CairnHome home;

    public RunStore(CairnHome home) {
        this.home = home;
    }

    /**
     * The runs of a home, newest first.
     *
     * @param unreadable the problems of runs that are not trusted, or whose manifest cannot be read
     */
    public record Listing(List<RunManifest> runs, List<IOException> unreadable) {
        /** The newest run that can be resumed: it has not ended, or it failed. */
        public Optional<RunManifest> newestResumable() {
            return runs.stream()
                    .filter(run -> !run.state().isFinal() || run.state() == RunState.FAILED)
                    .min(Comparator.comparing(run -> run.state().isFinal()));
        }
    }

    public Listing list() throws IOException {
        List<RunManifest> runs = new ArrayList<>();
        List<IOException> unreadable = new ArrayList<>();
        for (RunFolder folder : folders()) {
            try {
                runs.add(read(folder));
            } catch (NoSuchFileException gone) {
                // deleted since the folder was listed
            } catch (DocumentException | UntrustedException e) {
                unreadable.add(e);
            }
        }
        runs.sort(Comparator.comparing(RunManifest::createdAt)
                .thenComparing(RunManifest::id)
                .reversed());
        return new Listing(runs, unreadable);
    }

    /** The folders of the runs, none of which has been read or checked. */
    public List<RunFolder> all() throws IOException {
        return folders();
    }

    /** The second in which a run was created, as its id says; the earliest possible when it does not. */
    public static Instant second(RunFolder run) {
        return RunIds.second(run.runId());
    }

    /**
     * The run of a folder of this home.
     *
     * @throws UntrustedException when another user could have written it
     * @throws NoSuchFileException when it has been deleted
     */
    public static RunManifest read(RunFolder folder) throws IOException {
        Trust.ofThisProcess().check(folder.path());
        return RunManifest.read(folder);
    }

    /**
     * The run that goes by a name: a key or the name of an exec (of several the newest), an id, or the beginning of one
     * id.
     *
     * @throws NoSuchRunException if no run fits, or more than one
     * @throws UntrustedException if another user could have written it
     */
    public RunFolder find(String name) throws IOException {
        RunFolder found = search(name);
        Trust.ofThisProcess().check(found.path());
        return found;
    }

    private RunFolder search(String name) throws IOException {
        for (String id :
                new RunHistory(home.names().resolve(RunIds.encode(name))).read().newestFirst()) {
            if (new RunDraft(home, id).appear()) {
                return folder(id);
            }
        }
        if (RunIds.isOne(name) && Presence.isThere(folder(name).path())) {
            return folder(name);
        }
        List<RunFolder> matching = folders().stream()
                .filter(folder -> folder.runId().startsWith(name))
                .toList();
        if (matching.size() == 1) {
            return matching.get(0);
        }
        throw new NoSuchRunException(
                matching.isEmpty()
                        ? "there is no run '" + name + "' in " + home.path()
                        : "'" + name + "' may mean any of "
                                + String.join(
                                        ", ",
                                        matching.stream().map(RunFolder::runId).toList()));
    }

    /** The process that owns a run now, without waiting; empty if the owner is certainly dead. */
    public static Optional<OwnerRecord> ownerOf(RunFolder run) throws IOException {
        return Owners.ofThisProcess().ownerOf(run.path());
    }

    /**
     * The id of the step with this id or label.
     *
     * @throws RequestException if there is none, or several
     */
    public static String stepId(RunManifest run, String named) throws RequestException {
        List<String> ids = run.named(named);
        if (ids.size() == 1) {
            return ids.get(0);
        }
        throw ids.isEmpty()
                ? new RequestException(
                        RequestException.Kind.UNKNOWN,
                        "run " + run.id() + " has not come to a step '" + named + "'; so far it has "
                                + run.steps().keySet().stream().map(run::label).collect(Collectors.joining(", ")))
                : new RequestException(
                        RequestException.Kind.INVALID,
                        "'" + named + "' is each of " + String.join(", ", ids) + "; name one of them");
    }

    /** The steps of a run that have been started or decided on, in the order of the plan. */
    public static List<StepManifest> steps(RunManifest run) throws IOException {
        List<StepManifest> steps = new ArrayList<>();
        for (String id : run.steps().keySet()) {
            StepManifest.read(run.folder().step(id)).ifPresent(steps::add);
        }
        return steps;
    }

    public RunFolder folder(String id) {
        return new RunFolder(home.runs().resolve(id));
    }

    private List<RunFolder> folders() throws IOException {
        try (Stream<Path> folders = Files.list(home.runs())) {
            return folders.filter(folder -> !folder.getFileName().toString().startsWith("."))
                    .map(RunFolder::new)
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }
}
