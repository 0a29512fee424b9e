package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ErrorReport;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.GlobalOptions;
import dev.cairn.cli.shared.StandardOutput;
import dev.cairn.cli.shared.Unloadable;
import dev.cairn.run.failure.RunnerFailedException;
import java.nio.file.Path;
import java.util.ServiceConfigurationError;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A disk that fails while a class, or a library of Java's, is loaded. */
class UnloadableClassTest {
    private static final String PART = "part of Java";

    static Stream<Exception> failures() {
        return Stream.of(
                new RunnerFailedException(new ClassFormatError(PART)),
                new RunnerFailedException(new ServiceConfigurationError(PART)),
                new IllegalStateException(new IllegalStateException(new UnsatisfiedLinkError(PART))));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void isReportedAsSuchWhereverItIsMet(Exception failure) {
        ErrorReport report = new ErrorReport(Console.ofProcess(new StandardOutput()), new GlobalOptions());
        CommandLine command = new CommandLine(CommandSpec.create());
        assertThat(report.handleExecutionException(failure, command, command.parseArgs()))
                .isEqualTo(ExitCode.IO);
        assertThat(Unloadable.message(failure).orElse(""))
                .contains(PART)
                .contains("could not be loaded")
                .doesNotContain("a bug in Cairn");
    }

    @Test
    void endsTheProcessWhenAThreadMeetsIt() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(ExitCode.IO);
        assertThat(said)
                .startsWith("cairn: a part of Cairn could not be loaded")
                .hasLineCount(1);
    }

    /** A thread that has no task at the time, so that none can catch it. */
    public static final class Worker {
        private Worker() {}

        public static void main(String[] args) throws InterruptedException {
            Unloadable.endProcess(Console.ofProcess(new StandardOutput()));
            Thread worker = new Thread(() -> {
                throw new ClassFormatError(PART);
            });
            worker.start();
            new CountDownLatch(1).await();
        }
    }
}
