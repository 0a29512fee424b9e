package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.daemon.DaemonLock;
import dev.cairn.engine.ProcessIdentity;
import dev.cairn.host.Processes;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** {@code cairn daemon stop}. */
@Command(
        name = "stop",
        description = "Checkpoints and stops all runs of the daemon, then ends it; the next start resumes them.")
final class DaemonStopCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    DaemonStopCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        Optional<DaemonLock.About> about = DaemonLock.running(composition.stateFolder());
        if (about.isEmpty()) {
            composition.console().say("cairn: no daemon runs here");
            return ExitCode.OK;
        }
        ProcessIdentity process = about.get().process();
        Optional<ProcessHandle> handle = ProcessHandle.of(process.pid());
        handle.ifPresent(ProcessHandle::destroy);
        while (Processes.isAlive(process)) {
            handle.ifPresent(alive -> alive.onExit()
                    .completeOnTimeout(alive, 100, TimeUnit.MILLISECONDS)
                    .join());
        }
        composition.console().say("cairn: the daemon has stopped; its next start resumes its runs");
        return ExitCode.OK;
    }
}
