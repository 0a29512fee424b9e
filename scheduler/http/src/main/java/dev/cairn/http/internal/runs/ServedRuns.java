package dev.cairn.http.internal.runs;

import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds runs in all homes. Thread-safe. */
public final class ServedRuns {
    /** Newest first. */
    public static final Comparator<RunManifest> ORDER = Comparator.comparing(RunManifest::createdAt)
            .thenComparing(RunManifest::id)
            .reversed();

    private final Homes homes;

    public ServedRuns(Homes homes) {
        this.homes = homes;
    }

    /** A run and its home. */
    public record Found(CairnHome home, RunManifest run) {}

    /**
     * The runs of all homes, newest first.
     *
     * @param unreadable what is wrong with others
     */
    public record Listing(List<Found> runs, List<IOException> unreadable) {}

    public Listing list() throws IOException {
        Homes.Found all = homes.all();
        List<IOException> unreadable = new ArrayList<>(all.unusable());
        List<Found> runs = new ArrayList<>();
        for (CairnHome home : all.homes()) {
            RunStore.Listing listing = new RunStore(home).list();
            unreadable.addAll(listing.unreadable());
            listing.runs().forEach(run -> runs.add(new Found(home, run)));
        }
        runs.sort(Comparator.comparing(Found::run, ORDER));
        return new Listing(runs, unreadable);
    }

    /**
     * The run that goes by a name, in the first home that has one.
     *
     * @throws NoSuchRunException when there is none
     */
    public Found find(String name) throws IOException {
        NoSuchRunException none = new NoSuchRunException("there is no run '" + name + "'");
        for (CairnHome home : homes.all().homes()) {
            try {
                return new Found(home, RunManifest.read(new RunStore(home).find(name)));
            } catch (NoSuchRunException e) {
                none = e;
            }
        }
        throw none;
    }

    public static StepFolder step(RunManifest run, String named) throws RequestException {
        return run.folder().step(RunStore.stepId(run, named));
    }
}
