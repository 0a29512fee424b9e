package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ErrorReport;
import dev.cairn.cli.shared.GlobalOptions;
import dev.cairn.cli.shared.StandardOutput;
import dev.cairn.run.failure.RunnerFailedException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A disk that fails while the runner loads a class. */
class UnloadableClassTest {
    @Test
    void aClassThatTheRunnerCannotLoadIsReportedAsOneThatACommandCannot() {
        ClassFormatError unread = new ClassFormatError("Incompatible magic value 0");
        ErrorReport report = new ErrorReport(Console.ofProcess(new StandardOutput()), new GlobalOptions());
        CommandLine command = new CommandLine(CommandSpec.create());
        assertThatThrownBy(() -> report.handleExecutionException(
                        new RunnerFailedException(unread), command, command.parseArgs()))
                .isSameAs(unread);
    }
}
