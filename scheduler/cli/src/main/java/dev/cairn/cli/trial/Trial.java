package dev.cairn.cli.trial;

import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs a command undisturbed, then once more with kills, each after a checkpoint from which it is resumed. If the outputs of these two
 * differ, a third, undisturbed run shows whether the command's output differs by itself. Confined to one thread.
 */
final class Trial {
    private static final String UNDISTURBED = "undisturbed";
    private static final String KILLED = "killed";
    private static final String AGAIN = "again";

    private static final int SIGKILL = 9;
    private static final Duration END = Duration.ofMinutes(1);
    /** How often a temporary obstacle, such as a descriptor in transit, is tried again. */
    private static final int PASSING = 5;

    private static final Duration MOST_REWORK = Duration.ofSeconds(1);

    private final TriedStep step;
    private final Duration atMost;
    private final int kills;
    private final Consumer<String> progress;
    private final List<TrialReport.Round> rounds = new ArrayList<>();
    private long residentBytes;
    private MemoryLeft left;

    /** @param progress receives the progress as lines of text */
    Trial(TriedStep step, Duration atMost, int kills, Consumer<String> progress) throws IOException {
        this.step = step;
        this.atMost = atMost;
        this.kills = kills;
        this.progress = progress;
        this.left = MemoryLeft.now();
    }

    /** @param end empty if it was still running */
    private record Life(Duration ran, Optional<StepExit> end) {
        boolean endedLike(Life other) {
            return end.map(StepExit::exitCode).equals(other.end.map(StepExit::exitCode))
                    && end.map(StepExit::signal).equals(other.end.map(StepExit::signal));
        }

        String ending() {
            return end.map(exit -> exit.signal().isPresent()
                            ? "with signal " + exit.signal().getAsInt()
                            : "with exit code " + exit.exitCode().orElse(-1))
                    .orElse("not in time");
        }
    }

    TrialReport run() throws EngineException, IOException, InterruptedException {
        progress.accept("runs undisturbed");
        Life whole = undisturbed(UNDISTURBED);
        List<OutputComparison> output = List.of();
        Optional<String> obstacle = Optional.empty();
        try {
            Life killed = killed(whole);
            output = compare(whole, killed);
            obstacle = difference(whole, killed, output);
        } catch (NotCarriedException e) {
            obstacle = Optional.of(String.valueOf(e.getMessage()));
        }
        step.undo();
        return new TrialReport(
                obstacle,
                whole.ran(),
                whole.end().isPresent(),
                rounds,
                output,
                residentBytes,
                left,
                step.changedFiles());
    }

    private Life undisturbed(String output) throws EngineException, IOException, InterruptedException {
        try (StepProcess process = step.start(output)) {
            long begun = System.nanoTime();
            Optional<StepExit> end = process.awaitExit(atMost);
            Duration ran = Duration.ofNanos(System.nanoTime() - begun);
            end(process);
            step.keep(output);
            return new Life(ran, end);
        }
    }

    private Life killed(Life whole) throws EngineException, IOException, InterruptedException, NotCarriedException {
        Duration slice = whole.ran().dividedBy(kills + 1L);
        StepProcess process = step.start(KILLED);
        try {
            for (int kill = 1; kill <= kills; kill++) {
                Optional<StepExit> early = process.awaitExit(slice);
                Optional<ImageInfo> image = early.isPresent() ? Optional.empty() : checkpoint(process);
                if (image.isEmpty()) {
                    return endedBeforeKill(process, whole);
                }
                process.awaitExit(shorter(slice.dividedBy(4), MOST_REWORK));
                kill(process);
                process.close();
                long begun = System.nanoTime();
                process = resume(image.get());
                rounds.add(new TrialReport.Round(image.get(), Duration.ofNanos(System.nanoTime() - begun)));
                progress.accept("killed and resumed, " + kill + " of " + kills);
            }
            Duration rest =
                    whole.end().isPresent() ? whole.ran().multipliedBy(2).plus(END) : slice;
            Optional<StepExit> end = process.awaitExit(rest);
            end(process);
            return new Life(whole.ran(), end);
        } finally {
            end(process);
            process.close();
            step.keep(KILLED);
        }
    }

    private Life endedBeforeKill(StepProcess process, Life whole)
            throws EngineException, InterruptedException, NotCarriedException {
        if (rounds.isEmpty()) {
            throw new NotCarriedException("it ended before it could be checkpointed; give it more to do");
        }
        return new Life(whole.ran(), process.awaitExit(END));
    }

    /** @return empty if the command ended before */
    private Optional<ImageInfo> checkpoint(StepProcess process)
            throws EngineException, InterruptedException, NotCarriedException {
        for (int time = 1; ; time++) {
            try {
                residentBytes = Math.max(residentBytes, process.status().residentBytes());
                return Optional.of(process.checkpoint(new CheckpointRequest(Optional.empty(), "request", false)));
            } catch (EngineException e) {
                if (process.awaitExit(Duration.ofSeconds(1)).isPresent()) {
                    return Optional.empty();
                }
                if (!e.isPassing() || time == PASSING) {
                    throw new NotCarriedException("its checkpoint was refused: " + e.getMessage());
                }
            }
        }
    }

    private StepProcess resume(ImageInfo image) throws IOException, NotCarriedException {
        try {
            return step.resume(image.path(), KILLED);
        } catch (EngineException e) {
            throw new NotCarriedException("it could not be resumed: " + e.getMessage());
        }
    }

    private List<OutputComparison> compare(Life whole, Life killed)
            throws EngineException, IOException, InterruptedException {
        List<OutputComparison> streams = compare(KILLED, whole, killed);
        if (streams.stream().noneMatch(OutputComparison::differs)) {
            return streams;
        }
        progress.accept("its output differs; runs undisturbed again, to see whether it does so by itself");
        Life second = undisturbed(AGAIN);
        List<OutputComparison> among = compare(AGAIN, whole, second);
        List<OutputComparison> told = new ArrayList<>();
        for (int i = 0; i < streams.size(); i++) {
            OutputComparison stream = streams.get(i);
            told.add(stream.differs() && among.get(i).differs() ? stream.varying() : stream);
        }
        return told;
    }

    private List<OutputComparison> compare(String output, Life whole, Life other) throws IOException {
        boolean ended = whole.end().isPresent() && other.end().isPresent();
        return List.of(
                OutputComparison.of("stdout", step.stdout(UNDISTURBED), step.stdout(output), ended),
                OutputComparison.of("stderr", step.stderr(UNDISTURBED), step.stderr(output), ended));
    }

    private static Optional<String> difference(Life whole, Life killed, List<OutputComparison> output) {
        if (whole.end().isPresent() && !killed.endedLike(whole)) {
            return Optional.of(
                    "it ended " + killed.ending() + " after a resume, and " + whole.ending() + " undisturbed");
        }
        if (whole.end().isEmpty()
                && killed.end().filter(exit -> exit.cause() != EndCause.SUCCESS).isPresent()) {
            return Optional.of("it ended " + killed.ending() + " after a resume, and not yet undisturbed");
        }
        return output.stream()
                .filter(OutputComparison::differs)
                .findFirst()
                .map(stream -> "its " + stream.name() + " " + stream.words());
    }

    private static void kill(StepProcess process) throws EngineException, InterruptedException {
        finish(process, () -> process.signal(SIGKILL));
    }

    private static void end(StepProcess process) throws EngineException, InterruptedException {
        if (process.exit().isEmpty() && process.isAlive()) {
            finish(process, () -> process.end(EndCause.CANCELLED, Duration.ZERO));
        }
    }

    /** Asks a step to end. */
    @FunctionalInterface
    private interface Ending {
        void ask() throws EngineException;
    }

    /** A step that ends by itself meanwhile does not answer. */
    private static void finish(StepProcess process, Ending ending) throws EngineException, InterruptedException {
        try {
            ending.ask();
        } catch (EngineException e) {
            if (process.awaitExit(END).isEmpty()) {
                throw e;
            }
        }
        process.awaitExit(END);
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
