package dev.cairn.cli;

import dev.cairn.engine.EngineException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.request.Answer;
import dev.cairn.run.request.Command;
import dev.cairn.run.walk.WalkBrokenException;
import java.io.IOException;
import java.time.Duration;

/** Gives a run a command, whoever runs it, and waits for what came of it. */
final class Steering {
    /** Writing an image of a large step takes its time. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Runs runs;

    Steering(Runs runs) {
        this.runs = runs;
    }

    Answer ask(RunManifest run, Command command)
            throws CliException, IOException, EngineException, InterruptedException, WalkBrokenException {
        if (run.state().isFinal()) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "run " + run.id() + " has ended already: " + run.state().wire());
        }
        return runs.runner()
                .steer(run.folder(), command, PATIENCE)
                .orElseThrow(() -> new CliException(
                        ExitCode.UNAVAILABLE,
                        "run " + run.id() + ": its runner has not answered within " + PATIENCE.toMinutes()
                                + " minutes; the request was withdrawn"));
    }

    /** Tells what came of a command, step by step. */
    static int tell(Answer answer, Console console, String done) {
        for (Answer.Line line : answer.lines()) {
            console.say("cairn: " + line.step() + ": " + (line.ok() ? done : line.failure()));
        }
        return answer.ok() ? ExitCode.OK : ExitCode.FAILED;
    }
}
