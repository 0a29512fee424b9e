package dev.cairn.cli.shared;

import dev.cairn.engine.EngineException;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.failure.OwnershipLostException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.failure.StepElsewhereException;
import dev.cairn.run.failure.UnknownEngineException;
import dev.cairn.workflow.problem.Nearest;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Converts errors to messages for a person and exit codes. No other class catches everything. */
public final class ErrorReport implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Console console;
    private final GlobalOptions options;

    public ErrorReport(Console console, GlobalOptions options) {
        this.console = console;
        this.options = options;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            tell(unmatched(unmatched));
        } else if (e instanceof MissingParameterException
                && unknownOption(e.getCommandLine()).isPresent()) {
            tell(unknownOption(e.getCommandLine()).get());
        } else {
            // picocli says "option" twice for an option with a value such as NAME=VALUE
            tell(message(e).replace("option option", "option"));
        }
        console.say("cairn: see '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
        trace(e);
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        Optional<String> unloadable = Unloadable.message(e);
        if (unloadable.isPresent()) {
            tell(unloadable.get());
            trace(e);
            return ExitCode.IO;
        }
        Exception why = e instanceof RunnerFailedException && e.getCause() instanceof Exception cause ? cause : e;
        int code = exitCode(why);
        if (why instanceof RequestException request) {
            request.problems().forEach(problem -> console.say(problem.toString()));
        }
        tell(code == ExitCode.BUG ? "a bug in Cairn: " + why : message(why));
        if (code == ExitCode.BUG && !options.stacktrace) {
            console.say("cairn: please report it with what --stacktrace adds");
        }
        trace(e);
        return code;
    }

    /** A parameter may be missing only because an option was misspelled. */
    private static Optional<String> unknownOption(CommandLine command) {
        return command.getUnmatchedArguments().stream()
                .filter(word -> word.startsWith("-"))
                .findFirst()
                .map(word -> unknownOption(word, command));
    }

    private static String unknownOption(String word, CommandLine command) {
        return "unknown option '" + word + "'"
                + Nearest.hint(word, command.getCommandSpec().optionsMap().keySet());
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String first = e.getUnmatched().get(0);
        CommandLine command = e.getCommandLine();
        if (e.isUnknownOption()) {
            return unknownOption(first, command);
        }
        return command.getSubcommands().isEmpty()
                ? "one argument too many: '" + first + "'"
                : "no such command: '" + first + "'"
                        + Nearest.hint(first, command.getSubcommands().keySet());
    }

    public static int exitCode(Exception e) {
        if (e instanceof CliException known) {
            return known.exitCode();
        }
        if (e instanceof RequestException request) {
            return switch (request.kind()) {
                case UNKNOWN -> ExitCode.NOT_FOUND;
                case INVALID -> ExitCode.USAGE;
                case UNAVAILABLE -> ExitCode.UNAVAILABLE;
            };
        }
        if (e instanceof ImageRefusedException refused) {
            return refused.isMissing() ? ExitCode.NOT_FOUND : ExitCode.UNAVAILABLE;
        }
        if (e instanceof EngineException engine) {
            return engine.isOfStorage() ? ExitCode.IO : ExitCode.UNAVAILABLE;
        }
        if (e instanceof OwnershipLostException
                || e instanceof StepElsewhereException
                || e instanceof UnknownEngineException) {
            return ExitCode.UNAVAILABLE;
        }
        if (e instanceof IOException) {
            return ExitCode.IO;
        }
        return ExitCode.BUG;
    }

    public static String message(Exception e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + ": no such file or folder";
        }
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (e instanceof FileSystemException file) {
            return file.getFile() + ": " + file.getReason();
        }
        return String.valueOf(e.getMessage());
    }

    private void tell(String message) {
        message.lines().forEach(line -> console.say("cairn: " + line));
    }

    private void trace(Exception e) {
        if (options.stacktrace) {
            e.printStackTrace(console.err());
        }
    }
}
