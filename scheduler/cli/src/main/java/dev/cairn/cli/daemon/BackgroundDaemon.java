package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.SelfCommand;
import dev.cairn.daemon.DaemonLock;
import dev.cairn.daemon.DaemonSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Starts a daemon in a new session, so that it outlives the terminal. */
final class BackgroundDaemon {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Console console;
    private final DaemonSettings settings;
    private final List<String> given;

    /** @param given further options of the command line */
    BackgroundDaemon(CompositionRoot composition, DaemonSettings settings, List<String> given) {
        this.given = List.copyOf(given);
        this.console = composition.console();
        this.settings = settings;
    }

    int start() throws IOException, CliException, InterruptedException {
        Optional<DaemonLock.About> running = DaemonLock.running(settings.folder());
        if (running.isPresent()) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "a daemon runs already: pid " + running.get().process().pid());
        }
        settings.folder().create();
        Path log = settings.folder().log();
        long before = Files.exists(log) ? Files.size(log) : 0;
        Process process = new ProcessBuilder(command())
                .directory(settings.folder().path().toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!process.waitFor(50, TimeUnit.MILLISECONDS)) {
            Optional<DaemonLock.About> about = DaemonLock.running(settings.folder())
                    .filter(found -> found.process().pid() == process.pid());
            if (about.isPresent()) {
                console.say("cairn: the daemon is at work: pid " + process.pid() + ", log " + log);
                return ExitCode.OK;
            }
            if (System.nanoTime() > deadline) {
                throw new CliException(
                        ExitCode.UNAVAILABLE,
                        "the daemon (pid " + process.pid() + ") has not begun within " + PATIENCE.toSeconds()
                                + " s; see " + log);
            }
        }
        String said = Files.readString(log).substring((int) before);
        throw new CliException(process.exitValue(), "the daemon did not start:\n" + said.stripTrailing());
    }

    /** Starts this program again, without the terminal. setsid(1) replaces itself by it, so the pid stays. */
    private List<String> command() {
        List<String> command = new ArrayList<>(
                List.of("setsid", ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), SelfCommand.MAIN, "daemon", "--foreground"));
        command.addAll(given);
        settings.store().ifPresent(url -> command.addAll(List.of("--store", url)));
        return command;
    }
}
