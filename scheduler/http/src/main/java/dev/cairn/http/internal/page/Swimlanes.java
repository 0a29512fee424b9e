package dev.cairn.http.internal.page;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The timeline of a run: a lane for each step with its attempts side by side and its images as ticks; positions are in
 * units of a picture that is {@link #WIDTH} wide. Immutable.
 */
public record Swimlanes(List<Lane> lanes, Instant from, Instant to) {
    public static final int WIDTH = 1000;
    public static final int LANE = 28;
    private static final int TALLEST = 20;

    /** One step. */
    public record Lane(String label, List<Bar> bars, List<Tick> ticks) {}

    /** @param kind the name of its style */
    public record Bar(long x, long width, String kind, String title) {}

    /** An image. */
    public record Tick(long x, long height, String title) {}

    /** @param timeline the timeline of the run, which still shows the images of a succeeded step after their removal */
    public static Swimlanes of(
            RunManifest run, List<StepManifest> steps, List<RunTimeline.Entry> timeline, Instant now) {
        Map<String, List<RunTimeline.Entry>> images = timeline.stream()
                .filter(RunTimeline.Entry::isImage)
                .filter(entry -> entry.step().isPresent())
                .collect(Collectors.groupingBy(entry -> entry.step().get()));
        Instant to = run.endedAt().orElse(now);
        Swimlanes scale = new Swimlanes(List.of(), run.createdAt(), to);
        return new Swimlanes(
                steps.stream()
                        .map(step -> scale.lane(
                                run.label(step.stepId()), step, images.getOrDefault(step.stepId(), List.of())))
                        .toList(),
                run.createdAt(),
                to);
    }

    public int height() {
        return Math.max(1, lanes.size()) * LANE;
    }

    private Lane lane(String label, StepManifest step, List<RunTimeline.Entry> images) {
        List<Bar> bars = new ArrayList<>();
        for (AttemptRecord attempt : step.attempts()) {
            Instant end = attempt.end().map(StepExit::at).orElse(to);
            String cause = attempt.end().map(exit -> exit.cause().wire()).orElse("running");
            bars.add(bar(
                    attempt.startedAt(),
                    end,
                    cause,
                    "attempt " + attempt.number() + " on " + attempt.host().name() + ": " + cause
                            + (attempt.resumedFrom().orElse(0) > 0
                                    ? ", resumed from image "
                                            + attempt.resumedFrom().getAsLong()
                                    : "")));
            if (!attempt.repeats().isZero()) {
                Instant caughtUp = attempt.startedAt().plus(attempt.repeats());
                bars.add(bar(
                        attempt.startedAt(),
                        caughtUp.isBefore(end) ? caughtUp : end,
                        "repeated",
                        "repeats up to " + span(attempt.repeats())));
            }
        }
        long largest = images.stream()
                .mapToLong(image -> image.bytes().getAsLong())
                .max()
                .orElse(1);
        Map<Long, List<RunTimeline.Entry>> places = images.stream()
                .collect(Collectors.groupingBy(image -> x(image.at()), TreeMap::new, Collectors.toList()));
        List<Tick> ticks = places.entrySet().stream()
                .map(place -> tick(place.getKey(), place.getValue(), Math.max(1, largest)))
                .toList();
        return new Lane(label, bars, ticks);
    }

    /** Images that stand in one place are one. */
    private static Tick tick(long x, List<RunTimeline.Entry> images, long largest) {
        RunTimeline.Entry tallest = images.stream()
                .max(Comparator.comparing(image -> image.bytes().getAsLong()))
                .orElseThrow();
        long bytes = tallest.bytes().getAsLong();
        return new Tick(
                x,
                Math.max(4, TALLEST * bytes / largest),
                (images.size() > 1 ? images.size() + " images; the largest: " : "") + tallest.detail() + ": "
                        + Sizes.text(bytes) + ", paused " + tallest.pause().toNanos() / 1000 + " µs");
    }

    private Bar bar(Instant start, Instant end, String kind, String title) {
        long x = x(start);
        return new Bar(x, Math.max(2, x(end) - x), kind, title);
    }

    private long x(Instant time) {
        long whole = Math.max(1, Duration.between(from, to).toMillis());
        long part = Duration.between(from, time).toMillis();
        return Math.max(0, Math.min(WIDTH, part * WIDTH / whole));
    }

    private static String span(Duration duration) {
        return Durations.format(duration.truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
    }
}
