package dev.cairn.cli.trial;

import dev.cairn.cli.run.InputSpool;
import dev.cairn.cli.run.ProgramCheck;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.files.TreeRemoval;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.view.Json;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn try}. */
@Command(
        name = "try",
        description =
                "Tests whether a command survives kills: runs, checkpoints, kills and resumes it; leaves nothing behind.",
        customSynopsis = "cairn try [OPTIONS] -- COMMAND [ARGUMENT...]")
public final class TryCommand implements Callable<Integer> {
    private static final String ENGINE = "native";

    private final CompositionRoot composition;
    private final Console console;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long it runs, once undisturbed and once with kills; 60s if not given.")
    private String length = "60s";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often it is checkpointed, killed and resumed; 3 if not given.")
    private int rounds = 3;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    private TryCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    /** Every word after the program is an argument of the program, even if it looks like an option. */
    public static CommandLine line(CompositionRoot composition) {
        return new CommandLine(new TryCommand(composition)).setStopAtPositional(true);
    }

    @Override
    public Integer call() throws CliException, EngineException, IOException {
        ProgramCheck.check(words.get(0), console);
        Duration atMost = Durations.parse(length)
                .filter(given -> !given.isZero())
                .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "--for " + length + ": not a duration such as 30s or 10m"));
        if (rounds < 1) {
            throw new CliException(ExitCode.USAGE, "--rounds " + rounds + ": not a number from 1");
        }
        Checkpointer engine = engine();
        Path temporary =
                Path.of(console.environment().getOrDefault("TMPDIR", "/tmp")).toRealPath();
        Path home = Files.createTempDirectory(temporary, "cairn-try-");
        interruptOnSignal();
        try {
            TriedCommand command = new TriedCommand(
                    words,
                    console.workingDirectory(),
                    console.environment(),
                    InputSpool.spool(CairnHome.at(home)).orElse(Path.of("/dev/null")));
            TrialReport report = report(new TriedStep(engine, home, command, rounds + 1), atMost);
            if (json) {
                Json.print(console.out(), report.json());
            } else {
                report.print(console.out());
            }
            return report.carried() ? ExitCode.OK : ExitCode.FAILED;
        } finally {
            TreeRemoval.remove(temporary, home);
        }
    }

    private TrialReport report(TriedStep step, Duration atMost) throws CliException, EngineException, IOException {
        try {
            try {
                return new Trial(step, atMost, rounds, line -> console.say("cairn: try: " + line)).run();
            } catch (EngineException | IOException | InterruptedException e) {
                step.undo();
                throw e;
            }
        } catch (InterruptedException stopped) {
            throw new CliException(ExitCode.STOPPED, "try was stopped; the files are as they were before it", stopped);
        }
    }

    private Checkpointer engine() throws CliException, EngineException {
        Checkpointer engine = composition.engines().stream()
                .filter(one -> one.name().equals(ENGINE))
                .findFirst()
                .orElseThrow();
        for (HostFinding finding : engine.check()) {
            if (finding.required() && !finding.ok()) {
                throw new CliException(
                        ExitCode.UNAVAILABLE, "this host cannot checkpoint; 'cairn check' says what is missing");
            }
        }
        return engine;
    }

    private static void interruptOnSignal() {
        Signals signals = Signals.install();
        Thread trial = Thread.currentThread();
        Thread watch = new Thread(
                () -> {
                    try {
                        signals.await();
                        trial.interrupt();
                    } catch (InterruptedException never) {
                        Thread.currentThread().interrupt();
                    }
                },
                "cairn-signals");
        watch.setDaemon(true);
        watch.start();
    }
}
