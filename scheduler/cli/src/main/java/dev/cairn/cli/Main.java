package dev.cairn.cli;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StandardOutput;
import dev.cairn.cli.shared.Unloadable;

/** Starts the command line. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        StandardOutput out = new StandardOutput();
        Console console = Console.ofProcess(out);
        Unloadable.endProcess(console);
        int code = new CommandTree(console).execute(args);
        if (code == ExitCode.OK && out.failure().isPresent()) {
            console.say("cairn: standard output: " + out.failure().get());
            code = ExitCode.IO;
        }
        System.exit(code);
    }
}
