package dev.cairn.cli;

import dev.cairn.cli.display.Words;
import dev.cairn.engine.EngineException;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.request.Answer;
import dev.cairn.run.request.Command.Checkpoint;
import dev.cairn.run.walk.WalkBrokenException;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn checkpoint}. */
@Command(name = "checkpoint", description = "Takes an image of each running step now.")
final class CheckpointCommand implements Callable<Integer> {
    private final Composition composition;
    private final Console console;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Option(names = "--step", paramLabel = "STEP", description = "Of this step only.")
    private @Nullable String step;

    @Option(names = "--stop", description = "Then stops what was saved; resume goes on.")
    private boolean stop;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    CheckpointCommand(Composition composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    private record Taken(StepManifest step, ImageRecord image) {}

    @Override
    public Integer call() throws IOException, CliException, EngineException, InterruptedException, WalkBrokenException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        Answer answer = new Steering(runs).ask(run, new Checkpoint(Optional.ofNullable(step), stop));
        List<Taken> taken = taken(run, answer);
        if (json) {
            printJson(taken, answer);
        } else {
            taken.forEach(this::print);
        }
        answer.lines().stream()
                .filter(line -> !line.ok())
                .forEach(line -> console.say("cairn: " + line.step() + ": " + line.failure()));
        if (answer.lines().isEmpty()) {
            console.say("cairn: no step of run " + run.id() + " runs now");
        }
        return answer.ok() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static List<Taken> taken(RunManifest run, Answer answer) throws IOException {
        List<Taken> taken = new ArrayList<>();
        for (Answer.Line line : answer.lines()) {
            if (line.ok()) {
                StepManifest.read(run.folder().step(line.step()))
                        .flatMap(step -> image(step, line.image()).map(image -> new Taken(step, image)))
                        .ifPresent(taken::add);
            }
        }
        return taken;
    }

    private static Optional<ImageRecord> image(StepManifest step, OptionalLong sequence) {
        return step.images().stream()
                .filter(image -> sequence.isEmpty() || image.sequence() == sequence.getAsLong())
                .reduce((earlier, later) -> later);
    }

    private void print(Taken taken) {
        console.out()
                .println(taken.step().stepId() + ": image " + taken.image().sequence() + ", "
                        + Sizes.text(taken.image().bytes()) + ", stood still "
                        + Words.pause(taken.image().pause()));
    }

    private void printJson(List<Taken> taken, Answer answer) {
        Json.print(
                console.out(),
                new JsonObject()
                        .put(
                                "images",
                                taken.stream()
                                        .map(t -> ManifestJson.imageOf(t.step(), t.image()))
                                        .toList())
                        .put(
                                "failed",
                                answer.lines().stream()
                                        .filter(line -> !line.ok())
                                        .map(line -> new JsonObject()
                                                .put("step", line.step())
                                                .put("message", line.failure()))
                                        .toList()));
    }
}
