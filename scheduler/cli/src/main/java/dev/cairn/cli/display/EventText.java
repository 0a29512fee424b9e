package dev.cairn.cli.display;

import dev.cairn.engine.EndCause;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.workflow.value.Sizes;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The text of an event in a display. */
public final class EventText {
    private EventText() {}

    /** The text of an event, with the ids of steps; empty if another event already says it. */
    public static Optional<String> of(RunEvent event) {
        return of(event, id -> id);
    }

    /** The text of an event that matters to a person who watches a command's own output; empty for others. */
    public static Optional<String> besideOutput(RunEvent event) {
        boolean matters = event instanceof RunEvent.AttemptStarted started && started.attempt() > 1
                || event instanceof RunEvent.AttemptAttached
                || event instanceof RunEvent.CheckpointFailed
                || event instanceof RunEvent.CannotWrite
                || event instanceof RunEvent.WritesAgain
                || event instanceof RunEvent.Note;
        return matters ? of(event) : Optional.empty();
    }

    /** @param label the name of a step for people, by its id */
    static Optional<String> of(RunEvent event, UnaryOperator<String> label) {
        String words = text(event);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> step = event instanceof RunEvent.OfStep ofStep
                ? Optional.of(ofStep.step())
                : event instanceof RunEvent.Note note ? note.step() : Optional.empty();
        return Optional.of(step.map(id -> label.apply(id) + ": ").orElse("") + words);
    }

    private static String text(RunEvent event) {
        if (event instanceof RunEvent.Owned) {
            return ""; // the start of the run reports a broken lock
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
        if (event instanceof RunEvent.InstancesDecided decided) {
            int count = decided.instances().size();
            return count + (count == 1 ? " instance" : " instances");
        }
        if (event instanceof RunEvent.AttemptStarted started) {
            return started(started);
        }
        if (event instanceof RunEvent.AttemptAttached attached) {
            return "attempt " + attached.attempt() + " is still running; following it again";
        }
        if (event instanceof RunEvent.AttemptEnded ended) {
            return "attempt " + ended.attempt() + " " + verb(ended.cause()) + " after "
                    + HumanText.span(ended.running()) + because(ended.message());
        }
        if (event instanceof RunEvent.ImagePublished published) {
            return image(published.image());
        }
        if (event instanceof RunEvent.CheckpointFailed failed) {
            return "checkpoint failed (" + failed.reason() + "): " + failed.message() + "; the step keeps running";
        }
        if (event instanceof RunEvent.CannotWrite failing) {
            return "cannot write " + failing.file() + ": " + failing.reason()
                    + "; the write is retried, and steps that run keep running. Free space there, or check the file system";
        }
        if (event instanceof RunEvent.WritesAgain mended) {
            return "can write again, after " + HumanText.span(mended.after());
        }
        return ((RunEvent.Note) event).message();
    }

    private static String started(RunEvent.AttemptStarted started) {
        OptionalLong image = started.resumedFrom();
        String reasons = started.passed().stream()
                .map(rejected -> "; image " + rejected.image() + " rejected: " + rejected.reason())
                .collect(Collectors.joining());
        return "attempt " + started.attempt()
                + (image.isEmpty()
                        ? " started"
                        : image.getAsLong() == 0
                                ? " started from the beginning"
                                : " resumed from image " + image.getAsLong())
                + (started.repeats().isZero() ? "" : ", repeats up to " + HumanText.span(started.repeats()))
                + reasons;
    }

    static String image(ImageRecord image) {
        return "image " + image.sequence() + ", " + Sizes.text(image.bytes())
                + (image.pause().isZero() ? "" : ", paused " + HumanText.pause(image.pause())) + " ("
                + image.reason()
                + ")";
    }

    private static String verb(EndCause cause) {
        return switch (cause) {
            case SUCCESS -> "succeeded";
            case FAILURE -> "failed";
            case TIMEOUT -> "timed out";
            case OOM -> "ran out of memory";
            case RESTORE_FAILED -> "failed to restore";
            case FILES_CHANGED -> "did not resume";
            case KILLED, PREEMPTED, LOST, INTERRUPTED, PAUSED, CANCELLED -> cause.wire();
        };
    }

    private static String because(String message) {
        return message.isEmpty() ? "" : ": " + message;
    }
}
