package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand.Checkpoint;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
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
public final class CheckpointCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Option(names = "--step", paramLabel = "STEP", description = "Checkpoints only this step.")
    private @Nullable String step;

    @Option(names = "--stop", description = "Then stops the steps; 'resume' continues them.")
    private boolean stop;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public CheckpointCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    private record Taken(StepManifest step, ImageRecord image) {}

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        Optional<String> asked = Optional.ofNullable(step);
        if (step != null && !run.named(step).isEmpty()) {
            asked = Optional.of(RunStore.stepId(run, step));
        }
        CommandResult answer = new RunControl(runs).ask(run, new Checkpoint(asked, stop));
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

    private static List<Taken> taken(RunManifest run, CommandResult answer) throws IOException {
        List<Taken> taken = new ArrayList<>();
        for (CommandResult.Line line : answer.lines()) {
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
                        + Sizes.text(taken.image().bytes()) + ", paused "
                        + HumanText.pause(taken.image().pause()));
    }

    private void printJson(List<Taken> taken, CommandResult answer) {
        Json.print(
                console.out(),
                new JsonObject()
                        .put(
                                "images",
                                taken.stream()
                                        .map(t -> RunJson.imageOf(t.step(), t.image()))
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
