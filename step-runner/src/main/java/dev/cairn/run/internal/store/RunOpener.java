package dev.cairn.run.internal.store;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Trust;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunDraft;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.internal.names.RunHistory;
import dev.cairn.run.internal.names.RunIds;
import dev.cairn.run.internal.owner.Claim;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.store.RunPick.Plain;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds the run that a command line means and takes ownership of it, or makes a new run. If several processes open the
 * run of one line at the same instant, one gets the run and the others learn its owner. Immutable; any thread.
 */
public final class RunOpener {
    private final CairnHome home;
    private final Owners owners;
    private final Clock clock;

    public RunOpener(CairnHome home, Owners owners, Clock clock) {
        this.home = home;
        this.owners = owners;
        this.clock = clock;
    }

    /** What came of it. */
    public sealed interface Opened {
        /**
         * @param fresh whether the run is new
         * @param broken the dead owner whose lock was broken
         */
        record Ours(RunManifest run, Ownership ownership, boolean fresh, Optional<OwnerRecord> broken)
                implements Opened {}

        record Held(RunFolder run, OwnerRecord owner) implements Opened {}

        record Done(RunManifest run) implements Opened {}

        record Refused(List<String> reasons) implements Opened {}
    }

    /** Fills the folder of a new run. */
    @FunctionalInterface
    public interface Founder {
        /**
         * @param folder a temporary folder with the run's id as its name; it will move, so no file may hold its path
         */
        void found(RunFolder folder) throws IOException;
    }

    /** @param name the name from which the id of a new run is made */
    public Opened open(RunLine identity, RunPick.Rule rule, String name, Founder founder)
            throws IOException, InterruptedException {
        RunHistory succession = RunLine.succession(home, identity);
        while (true) {
            RunHistory.Entries entries = succession.read();
            Optional<Opened> existing = openExisting(entries, rule);
            if (existing.isPresent()) {
                return existing.get();
            }
            Optional<RunFolder> made = create(succession, entries.last(), name, founder);
            if (made.isPresent()) {
                Opened opened = open(made.get());
                return opened instanceof Opened.Ours ours
                        ? new Opened.Ours(ours.run(), ours.ownership(), true, Optional.empty())
                        : opened;
            }
        }
    }

    /**
     * Takes ownership of an existing run.
     *
     * @throws UntrustedException if another user could have written it
     */
    public Opened open(RunFolder folder) throws IOException, InterruptedException {
        Trust.ofThisProcess().check(folder.path());
        Claim claim = owners.claim(folder.path());
        if (claim instanceof Claim.Held held) {
            return new Opened.Held(folder, held.owner());
        }
        Claim.Won won = (Claim.Won) claim;
        try {
            return new Opened.Ours(RunManifest.read(folder), won.ownership(), false, won.broken());
        } catch (IOException e) {
            won.ownership().close();
            throw e;
        }
    }

    /** Chooses the newest run of a line that is meant. */
    public Optional<RunManifest> newest(RunLine identity, Predicate<RunManifest> meant) throws IOException {
        for (String id : RunLine.succession(home, identity).read().newestFirst()) {
            Optional<RunManifest> run = read(id).filter(meant);
            if (run.isPresent()) {
                return run;
            }
        }
        return Optional.empty();
    }

    /** Empty when gc has removed it. */
    private Optional<RunManifest> read(String id) throws IOException {
        if (!new RunDraft(home, id).appear()) {
            return Optional.empty();
        }
        RunFolder folder = new RunStore(home).folder(id);
        Trust.ofThisProcess().check(folder.path());
        return Optional.of(RunManifest.read(folder));
    }

    private Optional<Opened> openExisting(RunHistory.Entries entries, RunPick.Rule rule)
            throws IOException, InterruptedException {
        for (String id : entries.newestFirst()) {
            Optional<RunManifest> found = read(id);
            if (found.isEmpty()) {
                continue;
            }
            RunManifest run = found.get();
            RunPick pick = rule.of(run);
            if (pick == Plain.PASS) {
                continue;
            }
            if (pick == Plain.CONTINUE) {
                Opened opened = open(run.folder());
                if (!(opened instanceof Opened.Ours ours) || rule.of(ours.run()) == Plain.CONTINUE) {
                    return Optional.of(opened);
                }
                // it ended while we waited for its owner
                ours.ownership().close();
                run = ours.run();
                pick = rule.of(run);
            }
            return pick instanceof RunPick.Refuse refuse
                    ? Optional.of(new Opened.Refused(refuse.reasons()))
                    : pick == Plain.DONE ? Optional.of(new Opened.Done(run)) : Optional.empty();
        }
        return Optional.empty();
    }

    /**
     * Makes the run appear under its name, complete and in one instant.
     *
     * @return empty if another process took the name first: its run may be the one that is meant
     */
    private Optional<RunFolder> create(RunHistory succession, long last, String name, Founder founder)
            throws IOException {
        String id = RunIds.create(name, clock.instant());
        RunDraft draft = new RunDraft(home, id);
        boolean named = false;
        try {
            DurableFiles.createFolders(draft.run().path());
            founder.found(draft.run());
            named = succession.follow(last, id);
        } finally {
            if (!named) {
                draft.discard();
            }
        }
        if (!named) {
            return Optional.empty();
        }
        draft.appear();
        return Optional.of(new RunStore(home).folder(id));
    }
}
