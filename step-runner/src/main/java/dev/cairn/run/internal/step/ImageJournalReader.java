package dev.cairn.run.internal.step;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.files.Presence;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.UndoneFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Copies the journal of an attempt's supervisor into the manifest, each line once, whichever runner does it. */
final class ImageJournalReader {
    private final StepManifest manifest;
    private final StepServices services;
    private AttemptRecord attempt;

    ImageJournalReader(StepManifest manifest, AttemptRecord attempt, StepServices services) {
        this.manifest = manifest;
        this.attempt = attempt;
        this.services = services;
    }

    /** Reads new lines, publishes them in the manifest, and then reports them: if the runner dies in between, nothing is reported twice. */
    void sync() throws IOException, EngineException {
        List<CheckpointOutcome> news = news();
        if (!news.isEmpty()) {
            manifest.save(services.publisher());
            news.forEach(this::tell);
        }
    }

    /** Copies new lines into the manifest, which the caller publishes. */
    void take() throws IOException, EngineException {
        news().forEach(this::tell);
    }

    private List<CheckpointOutcome> news() throws IOException, EngineException {
        StepFolder folder = manifest.folder();
        List<CheckpointOutcome> all = services.engine(attempt.engine()).checkpointsOf(folder.attempt(attempt.number()));
        if (all.size() <= attempt.journalled()) {
            return List.of();
        }
        List<CheckpointOutcome> news = all.subList(attempt.journalled(), all.size());
        attempt = attempt.journalled(all.size());
        manifest.put(attempt);
        manifest.images(present(news));
        return news;
    }

    /** Adds images that a supervisor published before it was killed and could journal them. */
    void adopt() throws IOException, EngineException {
        sync();
        StepFolder folder = manifest.folder();
        long newest = manifest.images().stream()
                .mapToLong(ImageRecord::sequence)
                .max()
                .orElse(-1);
        List<CheckpointOutcome> found = new ArrayList<>();
        for (long sequence : folder.imagesOnDisk()) {
            if (sequence > newest) {
                describe(folder.image(sequence)).ifPresent(image -> found.add(new CheckpointOutcome.Published(image)));
            }
        }
        if (!found.isEmpty()) {
            manifest.images(present(found));
            manifest.save(services.publisher());
            found.forEach(this::tell);
        }
    }

    /** Empty for an untrusted image. It stays in place and belongs to no attempt. */
    private Optional<ImageInfo> describe(Path image) {
        try {
            return Optional.of(services.engine(attempt.engine()).describe(image));
        } catch (EngineException spoilt) {
            services.listener()
                    .on(new RunEvent.Note(
                            services.clock().instant(),
                            Optional.of(manifest.stepId()),
                            "an image that was published last is not used: " + spoilt.getMessage()));
            return Optional.empty();
        }
    }

    /** The images known so far and the new ones, without those that the engine has deleted. */
    private List<ImageRecord> present(List<CheckpointOutcome> news) throws IOException {
        Map<Long, ImageRecord> bySequence = new TreeMap<>();
        manifest.images().forEach(image -> bySequence.put(image.sequence(), image));
        for (CheckpointOutcome outcome : news) {
            if (outcome instanceof CheckpointOutcome.Published published) {
                bySequence.put(published.image().sequence(), ImageRecord.of(published.image(), attempt));
            }
        }
        List<ImageRecord> present = new ArrayList<>();
        for (ImageRecord image : bySequence.values()) {
            if (Presence.isThere(manifest.folder().image(image.sequence()))) {
                present.add(image);
            }
        }
        return present;
    }

    private void tell(CheckpointOutcome outcome) {
        services.listener().on(eventOf(outcome));
    }

    private RunEvent eventOf(CheckpointOutcome outcome) {
        if (outcome instanceof CheckpointOutcome.Published published) {
            return new RunEvent.ImagePublished(
                    published.image().at(), manifest.stepId(), ImageRecord.of(published.image(), attempt));
        }
        if (outcome instanceof CheckpointOutcome.StoodStill still) {
            return new RunEvent.Note(
                    still.at(),
                    Optional.of(manifest.stepId()),
                    "continues after a pause of " + still.stood().toSeconds()
                            + " s, in which its lease could not be renewed");
        }
        if (outcome instanceof CheckpointOutcome.LeaseRecreated lease) {
            return new RunEvent.Note(
                    lease.at(),
                    Optional.of(manifest.stepId()),
                    "its lease (checkpoints/lease) was missing and has been recreated; the step kept running");
        }
        if (outcome instanceof CheckpointOutcome.StandIns standIns) {
            return new RunEvent.Note(
                    standIns.at(),
                    Optional.of(manifest.stepId()),
                    "resumed with kept copies of files that differ on this host: " + standIns.files());
        }
        if (outcome instanceof CheckpointOutcome.RolledBack back) {
            return new RunEvent.Note(
                    back.at(),
                    Optional.of(manifest.stepId()),
                    "rolled back " + UndoneFiles.text(back.files(), back.bytes()) + "; what was undone is in "
                            + manifest.folder().attempt(attempt.number()).resolve("undone"));
        }
        if (outcome instanceof CheckpointOutcome.LeftAlone left) {
            return new RunEvent.Note(
                    left.at(),
                    Optional.of(manifest.stepId()),
                    "not rolled back, since another step of this run changes them too: " + left.files());
        }
        if (outcome instanceof CheckpointOutcome.NotJournalled not) {
            return new RunEvent.Note(
                    not.at(),
                    Optional.of(manifest.stepId()),
                    "runs without its write journal: " + not.reason()
                            + "; a resume rolls back only files that were open, outputs and what rollback names");
        }
        CheckpointOutcome.Failed failure = (CheckpointOutcome.Failed) outcome;
        return new RunEvent.CheckpointFailed(failure.at(), manifest.stepId(), failure.reason(), failure.message());
    }
}
