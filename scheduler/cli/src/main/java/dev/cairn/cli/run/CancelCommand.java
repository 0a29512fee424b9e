package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.Schedules;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand.Cancel;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.schedule.store.Database;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cairn cancel}. */
@Command(name = "cancel", description = "Cancels a run, or a schedule's tick that has no run yet.")
public final class CancelCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Mixin
    private StoreOptions store;

    public CancelCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        if (cancelsTick()) {
            composition.console().say("cairn: " + name + ": cancelled, before it had a run");
            return ExitCode.OK;
        }
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        CommandResult answer = new RunControl(runs).ask(run, new Cancel());
        return RunControl.tell(answer, composition.console(), "cancelled");
    }

    /** Cancels a tick of that name, if there is one in the queue. A queued tick has a key and no run. */
    private boolean cancelsTick() throws IOException, CliException {
        if (!name.contains("@")) {
            return false;
        }
        Optional<Database> database = store.openIfPresent(composition);
        return database.isPresent() && new Schedules(database.get(), composition.clock()).cancel(name);
    }
}
