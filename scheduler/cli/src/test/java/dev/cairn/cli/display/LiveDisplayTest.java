package dev.cairn.cli.display;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.EndCause;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepState;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What stands on the screen, and what a pipe receives. */
final class LiveDisplayTest {
    private static final Instant START = Instant.parse("2026-11-22T16:00:00Z");

    private final RunView view = new RunView(planned("extract", "train", "publish"), new Colors(false), id -> id);

    @Test
    void showsHowLongAStepHasRunAndItsNewestImage() {
        view.take(changed("train", StepState.RUNNING));
        view.take(started("train", START));
        view.take(published("train", 7, 1_300_000));
        assertThat(view.lines(START.plusSeconds(252), 10, 80))
                .containsExactly(
                        "pending     extract", "running     train      4m12s  image 7, 1.2 MiB", "pending     publish");
    }

    @Test
    void saysWhenTheNextCheckpointIsDueUntilItIs() {
        view.take(started("train", START));
        view.nextCheckpoint("train", START.plusSeconds(90));
        assertThat(view.running()).containsExactly("train");
        assertThat(view.lines(START.plusSeconds(60), 10, 80).get(1))
                .isEqualTo("running     train      1m00s  next checkpoint in 30s");
        assertThat(view.lines(START.plusSeconds(91), 10, 80).get(1)).isEqualTo("running     train      1m31s");
    }

    @Test
    void addsUpTheTimeOfAllAttempts() {
        view.take(started("train", START));
        view.take(ended("train", Duration.ofSeconds(60)));
        view.take(changed("train", StepState.RUNNING));
        view.take(started("train", START.plusSeconds(100)));
        assertThat(view.lines(START.plusSeconds(105), 10, 80).get(1)).isEqualTo("running     train      1m05s");
    }

    @Test
    void saysWhyAStepIsInItsState() {
        view.take(new RunEvent.StepChanged(START, "extract", StepState.FAILED, "exit code 3"));
        assertThat(view.lines(START, 10, 80).get(0)).isEqualTo("failed      extract           exit code 3");
    }

    @Test
    void putsWhatRunsFirstAndCountsTheRestWhenTheScreenIsTooLow() {
        RunView many = new RunView(planned("a", "b", "c", "d", "e"), new Colors(false), id -> id);
        many.take(changed("a", StepState.SUCCEEDED));
        many.take(changed("b", StepState.SUCCEEDED));
        many.take(changed("d", StepState.RUNNING));
        assertThat(many.lines(START, 3, 80))
                .containsExactly("running     d", "pending     c", "and 1 pending, 2 succeeded");
    }

    @Test
    void cutsLinesToTheWidthOfTheScreen() {
        assertThat(view.lines(START, 10, 9)).allMatch(line -> line.length() <= 9);
    }

    @Test
    void paintsLinesByTheirStateWhereColoursAreWanted() {
        RunView painted = new RunView(planned("a", "b"), new Colors(true), id -> id);
        painted.take(changed("a", StepState.FAILED));
        assertThat(painted.lines(START, 10, 6))
                .as("cut before it is painted")
                .containsExactly("\u001b[31mfailed\u001b[0m", "\u001b[2mpendin\u001b[0m");
    }

    @Test
    void plainOutputIsALineForWhatHappened() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PlainDisplay plain =
                new PlainDisplay(new PrintStream(bytes, true, UTF_8), new Colors(false), id -> "the " + id, false);
        plain.on(published("train", 0, 500));
        plain.on(started("train", START));
        plain.on(published("train", 7, 1_300_000));
        plain.on(new RunEvent.Owned(START, 1, "pid 3 on n12", Optional.empty()));
        assertThat(bytes.toString(UTF_8).lines().map(line -> line.substring("2026-11-22 16:00:00  ".length())))
                .containsExactly(
                        "the train: attempt 1 started", "the train: image 7, 1.2 MiB, paused 0.8 ms (interval)");
    }

    private static Map<String, StepState> planned(String... ids) {
        Map<String, StepState> planned = new LinkedHashMap<>();
        for (String id : ids) {
            planned.put(id, StepState.PENDING);
        }
        return planned;
    }

    private static RunEvent changed(String step, StepState state) {
        return new RunEvent.StepChanged(START, step, state, "");
    }

    private static RunEvent started(String step, Instant at) {
        return new RunEvent.AttemptStarted(
                at, step, 1, "native", "n12", "f", Optional.empty(), OptionalLong.empty(), List.of(), Duration.ZERO);
    }

    private static RunEvent ended(String step, Duration running) {
        return new RunEvent.AttemptEnded(
                START, step, 1, EndCause.FAILURE, OptionalInt.of(3), OptionalInt.empty(), running, "");
    }

    private static RunEvent published(String step, long sequence, long bytes) {
        return new RunEvent.ImagePublished(
                START,
                step,
                new ImageRecord(
                        sequence,
                        1,
                        "f",
                        START,
                        "interval",
                        bytes,
                        bytes,
                        "d",
                        Duration.ofNanos(812_000),
                        Duration.ofMillis(20),
                        false,
                        OptionalLong.empty()));
    }
}
