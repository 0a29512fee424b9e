package dev.cairn.cli;

import dev.cairn.engine.EngineException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.request.Answer;
import dev.cairn.run.request.Command.Cancel;
import dev.cairn.run.walk.WalkBrokenException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn cancel}. */
@Command(name = "cancel", description = "Ends a run for good.")
final class CancelCommand implements Callable<Integer> {
    private final Composition composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    CancelCommand(Composition composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException, InterruptedException, WalkBrokenException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        Answer answer = new Steering(runs).ask(run, new Cancel());
        return Steering.tell(answer, composition.console(), "cancelled");
    }
}
