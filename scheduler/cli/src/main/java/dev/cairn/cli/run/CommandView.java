package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.terminal.LocalTerminal;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.run.RunSession;
import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;

/** Shows a single command in the foreground: the command's own output, and few messages. */
final class CommandView {
    private static final int LOOK_EVERY_MILLIS = 50;
    /** Short, because a user may be typing and waiting for the echo. */
    private static final int LOOK_EVERY_MILLIS_IN_TERMINAL = 10;

    private CommandView() {}

    static SessionView of(RunSession session, RunManifest run, Console console, Signals signals, boolean keepsCtrlC)
            throws CliException, IOException {
        CommandOrigin command = run.origin().command().orElseThrow();
        if (command.terminal().isEmpty()) {
            return new TailedView(session, run, console, console.out(), LOOK_EVERY_MILLIS);
        }
        if (!Console.stdinIsTerminal() || !Console.stdoutIsTerminal()) {
            throw new CliException(
                    ExitCode.USAGE, "run " + run.id() + " has a terminal of its own: resume it in a terminal");
        }
        LocalTerminal.Raw raw = LocalTerminal.raw(console.out()); // before anything is shown
        TailedView output = new TailedView(session, run, console, raw.screen(), LOOK_EVERY_MILLIS_IN_TERMINAL);
        return new TerminalView(session, output, console, signals, keepsCtrlC, raw);
    }
}
