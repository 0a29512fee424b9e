package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn daemon unit}. */
@Command(name = "unit", description = "Prints a systemd user unit for the daemon.")
final class DaemonUnitCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CAIRN",
            defaultValue = "/usr/local/bin/cairn",
            description = "The launcher, absolute; /usr/local/bin/cairn if not given.")
    private String launcher;

    DaemonUnitCommand(CompositionRoot composition) {
        this.console = composition.console();
    }

    @Override
    public Integer call() throws CliException {
        if (!launcher.startsWith("/") || launcher.matches(".*[\\s\"'\\\\%$].*")) {
            throw new CliException(
                    ExitCode.USAGE,
                    launcher + ": systemd wants an absolute path, without blanks and special characters");
        }
        console.out().print("""
                # systemctl --user enable --now cairn.service; 'loginctl enable-linger' lets it run without a login
                [Unit]
                Description=Cairn: starts the runs of schedules

                [Service]
                ExecStart=%s daemon --foreground
                Restart=on-failure
                # Only the daemon is told to stop: it checkpoints its runs. Killed, it leaves them running under their
                # supervisors, and the next start takes them up again.
                KillMode=process
                TimeoutStopSec=10min

                [Install]
                WantedBy=default.target
                """.formatted(launcher));
        return ExitCode.OK;
    }
}
