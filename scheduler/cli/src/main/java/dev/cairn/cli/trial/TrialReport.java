package dev.cairn.cli.trial;

import dev.cairn.cli.display.HumanText;
import dev.cairn.engine.ImageInfo;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.value.Sizes;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;

/**
 * The result of a trial.
 *
 * @param obstacle why the command cannot be checkpointed; empty if it can
 * @param length how long it ran undisturbed
 * @param ended whether it ended by itself within that time
 * @param residentBytes the maximum of its resident memory
 * @param files the files that it changes, makes or removes, as far as a restart had to restore them
 */
record TrialReport(
        Optional<String> obstacle,
        Duration length,
        boolean ended,
        List<Round> rounds,
        List<OutputComparison> output,
        long residentBytes,
        MemoryLeft left,
        SortedSet<Path> files) {
    private static final int FILES_SHOWN = 10;
    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);
    private static final Duration MEAN_TIME_BETWEEN_FAILURES = Duration.ofDays(1);
    /** Checkpoints take at most a 20th of the time. */
    private static final int DURATIONS_APART = 20;

    /** The costs of one checkpoint, kill and resume. */
    record Round(ImageInfo image, Duration restore) {}

    boolean carried() {
        return obstacle.isEmpty();
    }

    /** The optimum of Young and Daly for one failure a day, if a checkpoint costs its whole duration. */
    private Optional<Duration> interval() {
        return most(round -> round.image().took()).map(took -> {
            double optimum = Math.sqrt(2.0 * took.toMillis() * MEAN_TIME_BETWEEN_FAILURES.toMillis());
            Duration least = took.multipliedBy(DURATIONS_APART);
            Duration wait = Duration.ofMillis((long) optimum);
            Duration bounded = wait.compareTo(LONGEST_INTERVAL) > 0 ? LONGEST_INTERVAL : wait;
            return longer(longer(bounded, least), SHORTEST_INTERVAL);
        });
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private Optional<Duration> most(Function<Round, Duration> of) {
        return rounds.stream().map(of).max(Duration::compareTo);
    }

    private Optional<Long> imageBytes() {
        return rounds.stream().map(round -> round.image().bytes()).max(Long::compare);
    }

    /** Whether the memory was copied while the command was stopped. */
    private boolean standing() {
        return rounds.stream().anyMatch(round -> round.image().standing());
    }

    void print(PrintStream out) {
        out.println(obstacle.map(why -> "not carried: " + why)
                .orElseGet(() -> "carried through " + kills() + (ended ? " to its end" : "")));
        line(
                out,
                "ran",
                HumanText.span(length) + (ended ? " to its end" : " of it") + ", undisturbed; again with " + kills());
        output.forEach(stream -> line(out, stream.name(), stream.words()));
        imageBytes().ifPresent(bytes -> line(out, "image", Sizes.text(bytes)));
        most(round -> round.image().pause())
                .ifPresent(pause -> line(
                        out,
                        "pause",
                        HumanText.pause(pause) + (standing() ? ", stopped while its memory was copied" : "")));
        most(Round::restore).ifPresent(restore -> line(out, "restore", HumanText.span(restore)));
        line(
                out,
                "memory",
                Sizes.text(residentBytes) + "; a checkpoint can need as much again for a moment, and "
                        + Sizes.text(left.bytes()) + " are left of " + left.of());
        line(out, "files", filesInWords());
        interval()
                .ifPresent(every -> line(
                        out,
                        "interval",
                        HumanText.span(every) + ", for one failure a day: -i " + every.toSeconds()
                                + "s, or auto, which measures as it goes"));
    }

    private String kills() {
        return rounds.size() + (rounds.size() == 1 ? " kill" : " kills");
    }

    private String filesInWords() {
        if (files.isEmpty()) {
            return "none changed";
        }
        List<String> shown =
                files.stream().limit(FILES_SHOWN).map(Path::toString).toList();
        return files.size() + " changed, and put back: " + String.join(", ", shown)
                + (files.size() > FILES_SHOWN ? ", ..." : "");
    }

    private static void line(PrintStream out, String what, String words) {
        out.printf("  %-9s%s%n", what, words);
    }

    JsonObject json() {
        return new JsonObject()
                .put("carried", carried())
                .put("obstacle", obstacle)
                .put("ran_ms", length)
                .put("ended", ended)
                .put("kills", rounds.size())
                .put("output", output.stream().map(OutputComparison::json).toList())
                .put("image_bytes", imageBytes())
                .put("pause_ms", most(round -> round.image().pause()))
                .put("took_ms", most(round -> round.image().took()))
                .put("copied_while_stopped", standing())
                .put("restore_ms", most(Round::restore))
                .put("memory_bytes", residentBytes)
                .put("memory_left_bytes", left.bytes())
                .put("files", List.copyOf(files))
                .put("interval_ms", interval());
    }
}
