package dev.cairn.http.internal.runs;

import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Finds runs in all homes. Thread-safe. */
public final class ServedRuns {
    /** Newest first. */
    private static final Comparator<Place> ORDER = Comparator.comparing(Place::second)
            .thenComparing(Place::createdAt)
            .thenComparing(Place::id)
            .reversed();

    private final Homes homes;
    private final RunSummaries summaries = new RunSummaries();

    public ServedRuns(Homes homes) {
        this.homes = homes;
    }

    /** A run and its home. */
    public record Found(CairnHome home, RunManifest run) {}

    /** Where a run stands among all: by the second that its id names, then exactly. */
    public record Place(Instant second, Instant createdAt, String id) {}

    /** A run with the summary of its manifest, which has not been read in full. */
    public record Seen(CairnHome home, RunFolder folder, RunSummary summary) {
        public Place place() {
            return new Place(RunStore.second(folder), summary.createdAt(), summary.id());
        }

        /** The run; empty when it has been deleted meanwhile. */
        public Optional<Found> found() throws IOException {
            try {
                return Optional.of(new Found(home, RunStore.read(folder)));
            } catch (NoSuchFileException gone) {
                return Optional.empty();
            }
        }
    }

    /**
     * Runs of all homes, newest first.
     *
     * @param unreadable the problems of runs that cannot be read that were come upon
     */
    public record Listing(List<Seen> runs, List<IOException> unreadable) {}

    /** All runs. */
    public Listing list() throws IOException {
        return list(any -> true, Optional.empty(), Integer.MAX_VALUE);
    }

    /**
     * Looks at no more runs than it has to.
     *
     * @param behind only those after it
     */
    public Listing list(Predicate<RunSummary> wanted, Optional<Place> behind, int atMost) throws IOException {
        Homes.Found all = homes.all();
        Listing listing = new Listing(new ArrayList<>(), new ArrayList<>(all.unusable()));
        for (List<Folder> second : seconds(all.homes())) {
            Instant now = RunStore.second(second.get(0).folder());
            if (listing.runs().size() >= atMost) {
                break;
            }
            if (behind.isEmpty() || !now.isAfter(behind.get().second())) {
                second.stream()
                        .flatMap(folder -> look(folder, listing.unreadable()).stream())
                        .filter(seen -> wanted.test(seen.summary()))
                        .filter(seen -> behind.isEmpty() || ORDER.compare(seen.place(), behind.get()) > 0)
                        .sorted(Comparator.comparing(Seen::place, ORDER))
                        .forEach(listing.runs()::add);
            }
        }
        return listing.runs().size() <= atMost
                ? listing
                : new Listing(listing.runs().subList(0, atMost), listing.unreadable());
    }

    private record Folder(CairnHome home, RunFolder folder) {}

    /** The runs of each second, those of the newest first. */
    private static Collection<List<Folder>> seconds(List<CairnHome> homes) throws IOException {
        NavigableMap<Instant, List<Folder>> seconds = new TreeMap<>(Comparator.reverseOrder());
        for (CairnHome home : homes) {
            for (RunFolder folder : new RunStore(home).all()) {
                seconds.computeIfAbsent(RunStore.second(folder), any -> new ArrayList<>())
                        .add(new Folder(home, folder));
            }
        }
        return seconds.values();
    }

    private Optional<Seen> look(Folder found, List<IOException> unreadable) {
        try {
            return Optional.of(new Seen(found.home(), found.folder(), summaries.of(found.folder())));
        } catch (NoSuchFileException gone) {
            return Optional.empty(); // deleted since the folder was listed
        } catch (IOException e) {
            unreadable.add(e);
            return Optional.empty();
        }
    }

    /**
     * The run with a name, in the first home that has one.
     *
     * @throws NoSuchRunException if there is none
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
