package dev.cairn.run.retention;

import dev.cairn.files.Presence;
import dev.cairn.files.TreeRemoval;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunDraft;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.internal.owner.Claim;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.reuse.EarlierSuccesses;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds and removes data that no resume can need. Changes a run only while this process owns it. Confined to one
 * thread.
 */
public final class Garbage {
    /** A file of the home that is written before a run refers to it is complete within this time. */
    private static final Duration ORPHAN_AGE = Duration.ofDays(1);

    private static final Pattern BROKEN_OFF = Pattern.compile("\\..+\\.(partial|deleted)");

    /** A file or folder to be removed, or already removed. */
    public record Item(Path path, long bytes, String why) {}

    private final CairnHome home;
    private final Clock clock;
    private final KeepRules rules;
    private final List<Item> items = new ArrayList<>();
    private final List<IOException> passedOver = new ArrayList<>();

    public Garbage(CairnHome home, Clock clock, KeepRules rules) {
        this.home = home;
        this.clock = clock;
        this.rules = rules;
    }

    /** @return the removed files, or with {@code dryRun} those that would be removed */
    public List<Item> collect(boolean dryRun) throws IOException, InterruptedException {
        RunStore.Listing listing = new RunStore(home).list();
        passedOver.addAll(listing.unreadable());
        List<RunManifest> all = listing.runs();
        Map<String, Item> whole = wholeRuns(all.stream().filter(rules.ofThese()).toList());
        for (RunManifest run : all) {
            if (rules.ofThese().test(run)
                    && Owners.ofThisProcess().ownerOf(run.folder().path()).isEmpty()) {
                collect(run, Optional.ofNullable(whole.get(run.id())), dryRun);
            }
        }
        collectOrphans(all, dryRun);
        return items;
    }

    /** The problems of runs that were left alone because of them. */
    public List<IOException> passedOver() {
        return passedOver;
    }

    /** Sorted by the id of the run. */
    private Map<String, Item> wholeRuns(List<RunManifest> all) throws IOException {
        Map<String, Item> whole = new HashMap<>();
        Map<String, Integer> kept = new HashMap<>();
        long bytes = 0;
        List<RunManifest> ended = all.stream()
                .filter(run -> run.endedAt().isPresent())
                .sorted(Comparator.comparing((RunManifest run) -> run.endedAt().orElseThrow())
                        .reversed())
                .toList();
        for (RunManifest run : rules.areAny() ? ended : List.<RunManifest>of()) {
            Item item = item(run.folder().path(), "run that ended long ago");
            int newer = kept.getOrDefault(run.origin().name(), 0);
            if (isOld(run)) {
                whole.put(run.id(), item);
            } else if (newer >= rules.runs().orElse(Integer.MAX_VALUE)) {
                whole.put(run.id(), new Item(item.path(), item.bytes(), "run with enough newer ones"));
            } else if (bytes + item.bytes() > rules.bytes().orElse(Long.MAX_VALUE)) {
                whole.put(run.id(), new Item(item.path(), item.bytes(), "run for which there is no more room"));
            } else {
                kept.put(run.origin().name(), newer + 1);
                bytes += item.bytes();
            }
        }
        return whole;
    }

    private void collect(RunManifest run, Optional<Item> whole, boolean dryRun)
            throws IOException, InterruptedException {
        List<Item> found = of(run, whole);
        if (found.isEmpty() || dryRun) {
            items.addAll(found);
            return;
        }
        Claim claim = Owners.ofThisProcess().claim(run.folder().path());
        if (claim instanceof Claim.Won won) {
            Ownership ownership = won.ownership();
            RunManifest now = RunManifest.read(run.folder());
            // it may have been resumed since it was checked
            for (Item item : of(now, whole.filter(folder -> now.endedAt().equals(run.endedAt())))) {
                ownership.ensureOurs();
                TreeRemoval.remove(home.path(), item.path());
                items.add(item);
            }
            if (Presence.isThere(run.folder().path())) {
                strikeOff(run, ownership);
                ownership.close();
            }
        }
    }

    private List<Item> of(RunManifest run, Optional<Item> whole) throws IOException {
        if (whole.isPresent()) {
            return List.of(whole.get());
        }
        List<Item> found = new ArrayList<>();
        boolean images = run.state() == RunState.SUCCEEDED || run.state() == RunState.CANCELLED;
        for (StepManifest step : steps(run)) {
            if (mayBeWriting(step)) {
                continue;
            }
            for (Path path : children(step.folder().checkpoints())) {
                Optional<String> why = why(path.getFileName().toString(), images);
                if (why.isPresent()) {
                    found.add(item(path, why.get()));
                }
            }
            for (Path copy : images
                    ? List.<Path>of()
                    : children(step.folder().checkpoints().resolve("binaries"))) {
                if (copy.getFileName().toString().endsWith(".partial")) {
                    found.add(item(copy, "broken-off copy of a program"));
                }
            }
        }
        return found;
    }

    /** Why an image, or a file beside the images, is no longer needed; empty if it is needed. */
    private static Optional<String> why(String name, boolean ended) {
        if (BROKEN_OFF.matcher(name).matches()) {
            return Optional.of("broken-off image");
        }
        if (!ended) {
            return Optional.empty(); // the next supervisor reads this file to learn about the last
            // one
        }
        return Optional.of(
                name.equals("binaries")
                        ? "programs kept for images of a run that has ended"
                        : name.startsWith(".")
                                ? "mark of a supervisor that has ended"
                                : "image of a run that has ended");
    }

    private static boolean mayBeWriting(StepManifest step) {
        return step.lastAttempt()
                .map(AttemptRecord::end)
                .filter(Optional::isEmpty)
                .isPresent();
    }

    private boolean isOld(RunManifest run) {
        return rules.age().isPresent()
                && run.endedAt()
                        .filter(ended -> ended.plus(rules.age().get()).isBefore(clock.instant()))
                        .isPresent();
    }

    private static List<StepManifest> steps(RunManifest run) throws IOException {
        List<StepManifest> steps = new ArrayList<>();
        for (String id : run.steps().keySet()) {
            StepManifest.read(run.folder().step(id)).ifPresent(steps::add);
        }
        return steps;
    }

    /** Removes deleted images from the manifest. */
    private void strikeOff(RunManifest run, Ownership ownership) throws IOException {
        for (StepManifest step : steps(run)) {
            List<ImageRecord> left = new ArrayList<>();
            for (ImageRecord image : step.images()) {
                if (Presence.isThere(step.folder().image(image.sequence()))) {
                    left.add(image);
                }
            }
            if (left.size() < step.images().size()) {
                step.images(left);
                step.save(ownership::ensureOurs);
            }
        }
    }

    /** Unused drafts of runs, and unused spooled input. */
    private void collectOrphans(List<RunManifest> all, boolean dryRun) throws IOException {
        List<String> read = all.stream()
                .flatMap(run -> run.origin().command().stream())
                .flatMap(command -> command.stdin().stream())
                .toList();
        List<Item> orphans = new ArrayList<>();
        for (Path draft : children(home.path().resolve("runs"))) {
            if (draft.getFileName().toString().startsWith(RunDraft.PREFIX) && isOrphan(draft)) {
                orphans.add(item(draft, "run that was never started"));
            }
        }
        for (Path input : children(home.input())) {
            if (!read.contains(input.toString()) && isOrphan(input)) {
                orphans.add(item(input, "input that no run reads"));
            }
        }
        for (Path success : new EarlierSuccesses(home.cache()).spent()) {
            orphans.add(item(success, "record of outputs that are gone"));
        }
        for (Item orphan : orphans) {
            if (!dryRun) {
                TreeRemoval.remove(home.path(), orphan.path());
            }
            items.add(orphan);
        }
    }

    private boolean isOrphan(Path path) throws IOException {
        Instant changed = Files.getLastModifiedTime(path).toInstant();
        return changed.plus(ORPHAN_AGE).isBefore(clock.instant());
    }

    private static List<Path> children(Path folder) throws IOException {
        if (!Presence.isFolder(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of(); // the target of a link does not belong to the home
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList();
        }
    }

    private static Item item(Path path, String why) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }
        });
        return new Item(path, bytes[0], why);
    }
}
