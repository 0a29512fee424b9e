package dev.cairn.cli.ui;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Version;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.daemon.DaemonException;
import dev.cairn.engine.EngineException;
import dev.cairn.files.Digests;
import dev.cairn.http.HttpService;
import dev.cairn.http.access.Listening;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn ui}. */
@Command(
        name = "ui",
        description = "Shows the runs of this folder's home in a browser, without a daemon, until Ctrl-C; that "
                + "checkpoints and stops what was started or resumed in the browser.")
public final class UiCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Option(names = "--port", paramLabel = "PORT", description = "Of loopback; any that is free if absent.")
    private int port;

    @Option(names = "--no-browser", description = "Only prints the address.")
    private boolean noBrowser;

    public UiCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        if (port < 0 || port > 65_535) {
            throw new CliException(ExitCode.USAGE, "--port " + port + ": a port is from 0 to 65535");
        }
        Path home = composition.runsHere().home().path();
        StateFolder folder = stateOf(home);
        HttpService service =
                new HttpService(folder, Listening.onLoopback(port), List.of(home), Version.text(), composition.clock());
        Map<Path, StepRunner> runners = new ConcurrentHashMap<>();
        Signals signals = Signals.install();
        try (HttpService.Own open = service.open(where -> runner(where, runners), console::say)) {
            show(folder, open.loginAddress(), home);
            signals.await();
            open.stopRuns();
            Thread again = new Thread(() -> obey(signals, open), "signals");
            again.setDaemon(true);
            again.start();
        } catch (DaemonException e) {
            throw new CliException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
        return ExitCode.OK;
    }

    /** Each home has its own, beside that of the daemon: neither takes the runs of the other for its own. */
    private StateFolder stateOf(Path home) throws IOException {
        composition.stateFolder().create();
        String name = Digests.of(home.toString()).replaceAll("[^0-9a-f]", "");
        return new StateFolder(composition.stateFolder().path().resolve("ui-" + name.substring(0, 16)));
    }

    private void show(StateFolder folder, String address, Path home) throws IOException {
        if (!noBrowser && Browser.open(folder, address, console.environment())) {
            console.say("cairn: showing " + home + " in the browser; Ctrl-C ends it");
        } else {
            console.say("cairn: showing " + home + "; Ctrl-C ends it. Open this within 10 minutes, it works once:");
            console.out().println(address);
            console.out().flush();
        }
    }

    private static void obey(Signals signals, HttpService.Own open) {
        try {
            signals.await();
            open.stopRuns();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private StepRunner runner(Path home, Map<Path, StepRunner> runners) throws IOException {
        StepRunner known = runners.get(home);
        if (known != null) {
            return known;
        }
        try {
            StepRunner runner = composition.runner(CairnHome.at(home).created());
            runners.put(home, runner);
            return runner;
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
