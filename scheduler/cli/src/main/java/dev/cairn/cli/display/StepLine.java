package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.value.Sizes;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A step of a {@link RunView}. */
final class StepLine {
    private final String id;
    private StepState state;
    private String message = "";
    private Duration before = Duration.ZERO;
    private @Nullable Instant runningSince;
    private @Nullable Instant nextCheckpoint;
    private String image = "";

    StepLine(String id, StepState state) {
        this.id = id;
        this.state = state;
    }

    String id() {
        return id;
    }

    StepState state() {
        return state;
    }

    void take(RunEvent.OfStep event) {
        if (event instanceof RunEvent.StepChanged changed) {
            state = changed.state();
            message = changed.message();
        } else if (event instanceof RunEvent.AttemptStarted started) {
            begin(started.at());
        } else if (event instanceof RunEvent.AttemptAttached attached) {
            begin(attached.at());
        } else if (event instanceof RunEvent.AttemptEnded ended) {
            before = before.plus(ended.running());
            runningSince = null;
            nextCheckpoint = null;
        } else if (event instanceof RunEvent.ImagePublished published) {
            image = "image " + published.image().sequence() + ", "
                    + Sizes.text(published.image().bytes());
        } else if (event instanceof RunEvent.CheckpointFailed failed) {
            image = "checkpoint failed: " + failed.message();
        }
    }

    private void begin(Instant at) {
        state = StepState.RUNNING;
        message = "";
        runningSince = at;
    }

    boolean isRunning() {
        return runningSince != null;
    }

    void nextCheckpoint(Instant at) {
        nextCheckpoint = at;
    }

    /** Running steps come first, then waiting ones, then ended ones. */
    int rank() {
        return switch (state) {
            case RUNNING -> 0;
            case FAILED, LOST, PREEMPTED, INTERRUPTED, PAUSED -> 1;
            case WAITING, READY -> 2;
            case PENDING -> 3;
            case SUCCEEDED, SKIPPED, CANCELLED -> 4;
        };
    }

    /** @param name the step's name for people */
    String text(String name, int widest, Instant now) {
        Instant since = runningSince;
        Duration elapsed = since == null ? before : before.plus(Duration.between(since, now));
        String time = elapsed.isZero() ? "" : HumanText.span(elapsed);
        return "%-11s %s%s  %7s  %s"
                .formatted(state.wire(), name, " ".repeat(Math.max(0, widest - name.length())), time, detail(now))
                .stripTrailing();
    }

    private String detail(Instant now) {
        if (state != StepState.RUNNING) {
            return message.isEmpty() ? image : message;
        }
        Instant next = nextCheckpoint;
        String soon = next == null || next.isBefore(now)
                ? ""
                : "next checkpoint in "
                        + Math.max(1, Duration.between(now, next).toSeconds()) + "s";
        return image.isEmpty() || soon.isEmpty() ? image + soon : image + ", " + soon;
    }
}
