package dev.cairn.cli;

import dev.cairn.run.files.DurableFiles;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.owner.Claim;
import dev.cairn.run.owner.Owners;
import dev.cairn.run.owner.Ownership;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds and removes what no resume can need. A run is touched only while we own it. Confined to one thread. */
final class Garbage {
    /** Who writes a file of the home before a run refers to it has done so within this time. */
    private static final Duration ORPHAN_AGE = Duration.ofDays(1);

    /** Something to be removed, or removed. */
    record Item(Path path, long bytes, String why) {}

    private final Runs runs;
    private final Clock clock;
    private final Optional<Duration> olderThan;
    private final List<Item> items = new ArrayList<>();

    /** @param olderThan whole runs that ended so long ago go too */
    Garbage(Runs runs, Clock clock, Optional<Duration> olderThan) {
        this.runs = runs;
        this.clock = clock;
        this.olderThan = olderThan;
    }

    List<Item> collect(boolean dryRun) throws IOException, InterruptedException {
        List<RunManifest> all = runs.store().list().runs();
        for (RunManifest run : all) {
            if (runs.ownerOf(run.folder()).isEmpty()) {
                collect(run, dryRun);
            }
        }
        collectOrphans(all, dryRun);
        return items;
    }

    private void collect(RunManifest run, boolean dryRun) throws IOException, InterruptedException {
        List<Item> found = of(run);
        if (found.isEmpty() || dryRun) {
            items.addAll(found);
            return;
        }
        Claim claim = Owners.ofThisProcess().claim(run.folder().path());
        if (claim instanceof Claim.Won won) {
            Ownership ownership = won.ownership();
            for (Item item : of(RunManifest.read(run.folder()))) {
                ownership.ensureOurs();
                DurableFiles.deleteTree(item.path());
                items.add(item);
            }
            if (Files.exists(run.folder().path())) {
                strikeOff(run, ownership);
                ownership.close();
            }
        }
    }

    private List<Item> of(RunManifest run) throws IOException {
        if (isOld(run)) {
            return List.of(item(run.folder().path(), "run that ended long ago"));
        }
        List<Item> found = new ArrayList<>();
        boolean images = run.state() == RunState.SUCCEEDED || run.state() == RunState.CANCELLED;
        for (StepManifest step : runs.steps(run)) {
            boolean mayBeWriting = step.lastAttempt()
                    .map(AttemptRecord::end)
                    .filter(Optional::isEmpty)
                    .isPresent();
            for (Path image :
                    mayBeWriting ? List.<Path>of() : children(step.folder().checkpoints())) {
                boolean partial = image.getFileName().toString().startsWith(".");
                if (partial || images) {
                    found.add(item(image, partial ? "broken-off image" : "image of a run that has ended"));
                }
            }
        }
        return found;
    }

    private boolean isOld(RunManifest run) {
        return olderThan.isPresent()
                && run.endedAt()
                        .filter(ended -> ended.plus(olderThan.get()).isBefore(clock.instant()))
                        .isPresent();
    }

    /** The manifest lists no image that is gone. */
    private void strikeOff(RunManifest run, Ownership ownership) throws IOException {
        for (StepManifest step : runs.steps(run)) {
            List<ImageRecord> left = step.images().stream()
                    .filter(image -> Files.exists(step.folder().image(image.sequence())))
                    .toList();
            if (left.size() < step.images().size()) {
                step.images(left);
                step.save(ownership::ensureOurs);
            }
        }
    }

    /** Drafts of runs, and spooled input, that nobody came to use. */
    private void collectOrphans(List<RunManifest> all, boolean dryRun) throws IOException {
        List<String> read = all.stream()
                .flatMap(run -> run.origin().command().stream())
                .flatMap(command -> command.stdin().stream())
                .toList();
        List<Item> orphans = new ArrayList<>();
        for (Path draft : children(runs.home().path().resolve("runs"))) {
            if (draft.getFileName().toString().startsWith(".new-") && isOrphan(draft)) {
                orphans.add(item(draft, "run that was never started"));
            }
        }
        for (Path input : children(runs.home().path().resolve("input"))) {
            if (!read.contains(input.toString()) && isOrphan(input)) {
                orphans.add(item(input, "input that no run reads"));
            }
        }
        for (Item orphan : orphans) {
            if (!dryRun) {
                DurableFiles.deleteTree(orphan.path());
            }
            items.add(orphan);
        }
    }

    private boolean isOrphan(Path path) throws IOException {
        Instant changed = Files.getLastModifiedTime(path).toInstant();
        return changed.plus(ORPHAN_AGE).isBefore(clock.instant());
    }

    private static List<Path> children(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
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
