package dev.cairn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an engine owes that makes images of running steps. */
public abstract class ImagingCheckpointerContract extends CheckpointerContract {

    @Test
    void isNotDisturbedByACheckpoint() throws Exception {
        StepProcess step = steps().start(COUNTER);
        steps().awaitCount(10);

        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));

        assertThat(image.sequence()).isEqualTo(1);
        assertThat(image.path()).isEqualTo(steps().image(1));
        assertThat(image.bytes()).isPositive();
        assertThat(image.reason()).isEqualTo("test");
        assertThat(engine().unusable(image.path())).isEmpty();
        ImageInfo described = engine().describe(image.path());
        assertThat(described.sequence()).isEqualTo(1);
        assertThat(described.digest()).isEqualTo(image.digest());
        assertThat(described.bytes()).isEqualTo(image.bytes());
        assertThat(engine().checkpointsOf(steps().attemptDir()))
                .last()
                .isEqualTo(new CheckpointOutcome.Published(image));
        assertThat(step.status().lastImage()).isEqualTo(OptionalLong.of(1));
        assertThat(steps().finish(step).cause()).isEqualTo(EndCause.SUCCESS);
        assertThat(Files.readAllLines(steps().work().resolve("count.txt"))).isEqualTo(counted(""));
    }

    @Test
    void stopsWithAnImageAndGoesOn() throws Exception {
        StepProcess step = steps().start(COUNTER);
        steps().awaitCount(20);

        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.PAUSED), "test", false));

        StepExit paused = steps().finish(step);
        assertThat(paused.cause()).isEqualTo(EndCause.PAUSED);
        assertThat(paused.image()).isEqualTo(OptionalLong.of(image.sequence()));
        steps().awaitNoProcess();
        assertThat(steps().count()).isLessThan(COUNT);

        StepExit exit = steps().finish(steps().start(COUNTER, launch -> launch.restoreFrom(image.path())));
        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        steps().assertCounted();
    }

    @Test
    void survivesManyKills() throws Exception {
        Path from = null;
        for (int kill = 1; kill <= 4; kill++) {
            StepProcess step = start(from);
            steps().awaitCount(25 * kill);
            from = save(step);
            steps().awaitCount(steps().count() + 5);
            steps().kill(step.supervisor());
        }

        assertThat(steps().finish(start(from)).cause()).isEqualTo(EndCause.SUCCESS);
        steps().assertCounted();
    }

    private StepProcess start(@Nullable Path from) throws Exception {
        return steps().start(COUNTER, launch -> from == null ? launch : launch.restoreFrom(from));
    }

    @Test
    void goesBackToTheBeginning() throws Exception {
        StepProcess step = steps().start(COUNTER);
        steps().awaitCount(20);
        steps().kill(step.supervisor());

        StepExit exit = steps().finish(steps().start(COUNTER, launch -> launch.restoreFrom(steps().image(0))));

        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        steps().assertCounted();
    }

    @Test
    void takesCheckpointsByInterval_andKeepsTheNewest() throws Exception {
        StepProcess step = steps().start(
                        COUNTER, launch -> launch.every(Duration.ofMillis(100)).keep(2));

        assertThat(steps().finish(step).cause()).isEqualTo(EndCause.SUCCESS);

        List<Long> published = published();
        assertThat(published).hasSizeGreaterThan(4).startsWith(0L);
        List<Long> kept = Stream.of(List.of(0L), published.subList(published.size() - 2, published.size()))
                .flatMap(List::stream)
                .toList();
        assertThat(steps().images()).isEqualTo(kept);
    }

    @Test
    void numbersImagesOnWhereTheLastAttemptEnded() throws Exception {
        StepProcess first = steps().start(COUNTER);
        steps().awaitCount(5);
        Path image = save(first);
        save(first);
        steps().kill(first.supervisor());

        StepProcess second = steps().start(COUNTER, launch -> launch.restoreFrom(image));
        steps().awaitCount(steps().count() + 5);

        assertThat(save(second)).isEqualTo(steps().image(3));
    }

    @Test
    void stopsWithAnImageBeforeItsTimeout() throws Exception {
        StepProcess step = steps().start(
                        COUNTER,
                        launch -> launch.timeout(Duration.ofSeconds(20)).beforeTimeout(Duration.ofMillis(19_300)));

        StepExit stopped = steps().finish(step);
        assertThat(stopped.cause()).isEqualTo(EndCause.TIMEOUT);
        Path image = steps().image(stopped.image().orElseThrow());

        StepExit exit = steps().finish(steps().start(COUNTER, launch -> launch.restoreFrom(image)));
        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        steps().assertCounted();
    }

    @Test
    void stopsWithAnImageWhenItsSupervisorIsTerminated() throws Exception {
        StepProcess step = steps().start(COUNTER);
        steps().awaitCount(10);

        ProcessHandle.of(step.supervisor().pid()).orElseThrow().destroy();

        StepExit exit = steps().finish(step);
        assertThat(exit.cause()).isEqualTo(EndCause.PREEMPTED);
        assertThat(engine().unusable(steps().image(exit.image().orElseThrow()))).isEmpty();
    }

    @Test
    void refusesADamagedImage_andLeavesTheFilesAlone() throws Exception {
        StepProcess step = steps().start(COUNTER);
        steps().awaitCount(10);
        Path image = save(step);
        steps().kill(step.supervisor());
        steps().awaitNoProcess();
        damage(image);
        List<String> before = Files.readAllLines(steps().stdout());

        assertThat(engine().unusable(image)).isPresent();
        assertThatThrownBy(() -> steps().start(COUNTER, launch -> launch.restoreFrom(image)))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(image.toString());

        assertThat(engine().exitOf(steps().attemptDir())).map(StepExit::cause).contains(EndCause.RESTORE_FAILED);
        assertThat(Files.readAllLines(steps().stdout())).isEqualTo(before);
        steps().awaitNoProcess();
    }

    private List<Long> published() throws EngineException {
        return engine().checkpointsOf(steps().attemptDir()).stream()
                .filter(CheckpointOutcome.Published.class::isInstance)
                .map(outcome -> ((CheckpointOutcome.Published) outcome).image().sequence())
                .toList();
    }

    /** Cuts the end off its largest file. */
    private static void damage(Path image) throws IOException {
        try (Stream<Path> files = Files.walk(image)) {
            Path largest = files.filter(Files::isRegularFile)
                    .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                    .orElseThrow();
            try (RandomAccessFile file = new RandomAccessFile(largest.toFile(), "rw")) {
                file.setLength(file.length() - 1);
            }
        }
    }
}
