package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reports, before anything starts, whether a command can be started. Uses the exit codes of shells. */
public final class ProgramCheck {
    private ProgramCheck() {}

    public static void check(String program, Console console) throws CliException {
        if (program.contains("/")) {
            checkFile(program, console.resolve(Path.of(program)));
        } else if (!isOnPath(program, console)) {
            throw new CliException(
                    ExitCode.COMMAND_MISSING,
                    program + ": no such command on PATH"
                            + (Files.exists(console.resolve(Path.of(program)))
                                    ? "; did you mean ./" + program + "?"
                                    : ""));
        }
    }

    private static void checkFile(String program, Path file) throws CliException {
        if (!Files.exists(file)) {
            throw new CliException(ExitCode.COMMAND_MISSING, program + ": no such file");
        }
        if (Files.isDirectory(file)) {
            throw new CliException(ExitCode.NOT_EXECUTABLE, program + ": is a folder");
        }
        if (!Files.isExecutable(file)) {
            throw new CliException(ExitCode.NOT_EXECUTABLE, program + ": not executable; chmod +x " + program);
        }
    }

    private static boolean isOnPath(String program, Console console) {
        for (String folder :
                console.environment().getOrDefault("PATH", "/usr/bin:/bin").split(File.pathSeparator, -1)) {
            Path file = console.resolve(Path.of(folder)).resolve(program);
            if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                return true;
            }
        }
        return false;
    }
}
