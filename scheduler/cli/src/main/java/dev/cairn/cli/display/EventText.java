package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.workflow.value.Sizes;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** An event as a person reads it. */
public final class EventText {
    private EventText() {}

    /** Empty for what another event says already. */
    public static Optional<String> of(RunEvent event) {
        String words = text(event);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(event instanceof RunEvent.OfStep ofStep ? ofStep.step() + ": " + words : words);
    }

    private static String text(RunEvent event) {
        if (event instanceof RunEvent.Owned) {
            return ""; // a broken lock is told where the run begins
        }
        if (event instanceof RunEvent.RunChanged changed) {
            return "run " + changed.state().wire() + because(changed.message());
        }
        if (event instanceof RunEvent.Requested requested) {
            return requested.what();
        }
        if (event instanceof RunEvent.StepChanged changed) {
            return changed.state().wire() + because(changed.message());
        }
        if (event instanceof RunEvent.AttemptStarted started) {
            return started(started);
        }
        if (event instanceof RunEvent.AttemptAttached attached) {
            return "attempt " + attached.attempt() + " is still running, taken up again";
        }
        if (event instanceof RunEvent.AttemptEnded ended) {
            return "attempt " + ended.attempt() + " ended after " + HumanText.span(ended.running()) + ": "
                    + ended.cause().wire() + because(ended.message());
        }
        if (event instanceof RunEvent.ImagePublished published) {
            return image(published.image());
        }
        if (event instanceof RunEvent.CheckpointFailed failed) {
            return "no checkpoint (" + failed.reason() + "): " + failed.message() + "; the step runs on";
        }
        if (event instanceof RunEvent.CannotWrite failing) {
            return "cannot write " + failing.file() + ": " + failing.reason()
                    + "; the steps run on, and writing is retried. Make room there, or see to the file system";
        }
        if (event instanceof RunEvent.WritesAgain mended) {
            return "writes again, after " + HumanText.span(mended.after());
        }
        return ((RunEvent.Note) event).step().map(step -> step + ": ").orElse("") + ((RunEvent.Note) event).message();
    }

    private static String started(RunEvent.AttemptStarted started) {
        OptionalLong image = started.resumedFrom();
        String passed = started.passed().stream()
                .map(rung -> "; not from image " + rung.image() + ": " + rung.reason())
                .collect(Collectors.joining());
        return "attempt " + started.attempt()
                + (image.isEmpty()
                        ? " started"
                        : image.getAsLong() == 0
                                ? " starts from the beginning"
                                : " goes on from image " + image.getAsLong())
                + (started.repeats().isZero() ? "" : ", up to " + HumanText.span(started.repeats()) + " are done again")
                + passed;
    }

    static String image(ImageRecord image) {
        return "image " + image.sequence() + ", " + Sizes.text(image.bytes())
                + (image.pause().isZero() ? "" : ", stood still " + HumanText.pause(image.pause())) + " ("
                + image.reason()
                + ")";
    }

    private static String because(String message) {
        return message.isEmpty() ? "" : ": " + message;
    }
}
