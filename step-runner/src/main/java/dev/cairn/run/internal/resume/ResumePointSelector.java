package dev.cairn.run.internal.resume;

import dev.cairn.engine.EndCause;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RejectedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * Selects the image from which a step resumes: the newest usable one, else the one before it, else the step's start.
 * Each skipped image is reported with a reason.
 *
 * <p>Skips an image if an attempt resumed from it failed before taking a newer one, since the next attempt would fail
 * in the same way. Skips it also if a restore from it failed since this host booted.
 */
public final class ResumePointSelector {
    private static final Set<EndCause> FAILED = Set.of(EndCause.FAILURE, EndCause.OOM);

    private final List<ImageRecord> newestFirst;
    private final List<AttemptRecord> attempts;
    private final int countFrom;
    private final String fingerprint;
    private final HostIdentity host;
    private final Function<ImageRecord, Optional<String>> unusable;

    /**
     * @param attempts oldest first, all ended
     * @param countFrom images of attempts before this number hold abandoned work
     * @param fingerprint the fingerprint of the step if it started now
     * @param unusable the engine's reason why an image cannot be used here
     */
    public ResumePointSelector(
            List<ImageRecord> images,
            List<AttemptRecord> attempts,
            int countFrom,
            String fingerprint,
            HostIdentity host,
            Function<ImageRecord, Optional<String>> unusable) {
        this.newestFirst = images.stream()
                .sorted(Comparator.comparingLong(ImageRecord::sequence).reversed())
                .toList();
        this.attempts = List.copyOf(attempts);
        this.countFrom = countFrom;
        this.fingerprint = fingerprint;
        this.host = host;
        this.unusable = unusable;
    }

    /** @throws ImageRefusedException if {@code wish.at} names an image that cannot be used */
    public ResumePoint choose(ResumeChoice wish) throws ImageRefusedException {
        if (wish.at().isPresent()) {
            return exactly(wish.at().getAsLong());
        }
        List<RejectedImage> passed = new ArrayList<>();
        for (ImageRecord image : newestFirst) {
            Optional<String> reason = refusal(image, wish);
            if (reason.isEmpty()) {
                return new ResumePoint(Optional.of(image), passed);
            }
            passed.add(new RejectedImage(image.sequence(), reason.get()));
        }
        return new ResumePoint(Optional.empty(), passed);
    }

    private ResumePoint exactly(long sequence) throws ImageRefusedException {
        ImageRecord image = newestFirst.stream()
                .filter(candidate -> candidate.sequence() == sequence)
                .findFirst()
                .orElseThrow(() -> ImageRefusedException.missing(
                        sequence,
                        newestFirst.stream().map(ImageRecord::sequence).toList()));
        Optional<String> reason = unusable.apply(image);
        if (reason.isPresent()) {
            throw ImageRefusedException.unusable(sequence, reason.get());
        }
        return new ResumePoint(Optional.of(image), List.of());
    }

    private Optional<String> refusal(ImageRecord image, ResumeChoice wish) {
        // cheap checks first: the engine reads the whole image
        return isStart(image)
                ? startBroken(image, wish).or(() -> unusable.apply(image))
                : restartAsked(wish)
                        .or(() -> givenUp(image))
                        .or(() -> changed(image, wish))
                        .or(() -> brokenHere(image))
                        .or(() -> failedFrom(image))
                        .or(() -> unusable.apply(image));
    }

    /** The files as they are, changed by earlier attempts, are a start only for a user who asks for it again. */
    private Optional<String> startBroken(ImageRecord image, ResumeChoice wish) {
        return wish.restart() ? brokenHere(image) : Optional.empty();
    }

    private static boolean isStart(ImageRecord image) {
        return image.sequence() == 0;
    }

    private static Optional<String> restartAsked(ResumeChoice wish) {
        return wish.restart() ? Optional.of("a restart from the beginning was asked for") : Optional.empty();
    }

    private Optional<String> givenUp(ImageRecord image) {
        return image.attempt() < countFrom
                ? Optional.of("the step was started over after it was made")
                : Optional.empty();
    }

    private Optional<String> changed(ImageRecord image, ResumeChoice wish) {
        return image.fingerprint().equals(fingerprint) || wish.acceptChanged()
                ? Optional.empty()
                : Optional.of(
                        "the step has changed since (its command, declared environment, inputs, engine or a script); "
                                + "the image's memory holds the old code. --accept-changed resumes from it anyway");
    }

    private Optional<String> brokenHere(ImageRecord image) {
        return attempts.stream()
                .filter(attempt -> wentOnFrom(attempt, image)
                        && attempt.endedBy(EndCause.RESTORE_FAILED)
                        && attempt.host().bootId().equals(host.bootId()))
                .map(attempt -> "attempt " + attempt.number() + " could not restore it: "
                        + attempt.end().orElseThrow().message())
                .reduce((earlier, later) -> later);
    }

    private Optional<String> failedFrom(ImageRecord image) {
        return attempts.stream()
                .filter(attempt -> wentOnFrom(attempt, image)
                        && attempt.end().isPresent()
                        && FAILED.contains(attempt.end().get().cause())
                        && newestFirst.stream().noneMatch(made -> made.attempt() == attempt.number()))
                .map(attempt -> "attempt " + attempt.number() + " went on from it and failed without a newer image")
                .reduce((earlier, later) -> later);
    }

    private static boolean wentOnFrom(AttemptRecord attempt, ImageRecord image) {
        return attempt.resumedFrom().equals(OptionalLong.of(image.sequence()));
    }
}
