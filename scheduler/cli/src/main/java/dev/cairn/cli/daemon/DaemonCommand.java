package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.KeepOptions;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.cli.shared.Version;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.daemon.Daemon;
import dev.cairn.daemon.DaemonException;
import dev.cairn.daemon.DaemonSettings;
import dev.cairn.daemon.HttpFront;
import dev.cairn.engine.EngineException;
import dev.cairn.http.HttpService;
import dev.cairn.http.access.Listening;
import dev.cairn.metrics.Metrics;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cairn daemon}. */
@Command(name = "daemon", description = "Starts the runs of schedules when they are due, and resumes unfinished ones.")
public final class DaemonCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Option(
            names = "--foreground",
            description =
                    "Stays in the foreground. INT or TERM checkpoints and stops all runs; a second one leaves them "
                            + "running for the next start.")
    private boolean foreground;

    @Mixin
    private HttpOptions http;

    @Mixin
    private KeepOptions keep;

    @Mixin
    private StoreOptions store;

    private DaemonCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    public static CommandLine tree(CompositionRoot composition) {
        return new CommandLine(new DaemonCommand(composition))
                .addSubcommand(new DaemonStatusCommand(composition))
                .addSubcommand(new DaemonStopCommand(composition))
                .addSubcommand(new DaemonTokenCommand(composition))
                .addSubcommand(new DaemonUnitCommand(composition));
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        DaemonSettings settings =
                new DaemonSettings(composition.stateFolder(), store.url(composition), http(), keep.rules());
        if (!foreground) {
            return new BackgroundDaemon(composition, settings, given()).start();
        }
        Map<Path, StepRunner> runners = new ConcurrentHashMap<>();
        Metrics metrics = new Metrics();
        Daemon daemon =
                new Daemon(settings, home -> runner(home, runners, metrics), metrics, composition.clock(), this::say);
        Signals signals = Signals.install();
        Thread obey = new Thread(() -> obey(signals, daemon), "signals");
        obey.setDaemon(true);
        obey.start();
        try {
            daemon.run();
        } catch (DaemonException e) {
            throw new CliException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
        return ExitCode.OK;
    }

    private Optional<HttpFront> http() throws IOException, CliException {
        Optional<Listening> listening = http.listening(console);
        if (listening.isEmpty()) {
            return Optional.empty();
        }
        List<Path> homes =
                composition.homeHere().map(CairnHome::path).map(List::of).orElse(List.of());
        return Optional.of(new HttpService(
                composition.stateFolder(), listening.get(), homes, Version.text(), composition.clock()));
    }

    /** The other options on this command line. */
    private List<String> given() {
        List<String> given = new ArrayList<>(keep.given());
        given.addAll(http.given(console));
        return given;
    }

    private static void obey(Signals signals, Daemon daemon) {
        try {
            while (true) {
                signals.await();
                daemon.stop();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private StepRunner runner(Path home, Map<Path, StepRunner> runners, Metrics metrics) throws IOException {
        StepRunner known = runners.get(home);
        if (known != null) {
            return known;
        }
        try {
            StepRunner runner = composition.runner(CairnHome.at(home).created(), metrics::answered);
            runners.put(home, runner);
            return runner;
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void say(String what) {
        console.say(Instant.now().truncatedTo(ChronoUnit.MILLIS) + "  " + what);
    }
}
