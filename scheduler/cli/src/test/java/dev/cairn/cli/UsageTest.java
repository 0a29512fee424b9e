package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person gets who mistypes, from the process itself. */
final class UsageTest {
    @TempDir
    Path folder;

    @Test
    void printsItsVersionOnStdout() throws Exception {
        Outcome outcome = cairn("--version");
        assertThat(outcome.out()).matches("cairn [0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?\n");
        assertThat(outcome.exitCode()).isZero();
    }

    @Test
    void saysThatItsOutputCouldNotBeWritten() throws Exception {
        try (CairnProcess cairn = CairnProcess.startWithFullOutput(folder, "exec", "-i", "never", "--", "seq", "3")) {
            Outcome outcome = cairn.await();
            assertThat(outcome.err()).endsWith("cairn: standard output: No space left on device\n");
            assertThat(outcome.exitCode()).isEqualTo(74);
        }
    }

    @Test
    void asksForACommandWhenThereIsNone() throws Exception {
        assertUsage(cairn(), "cairn: which command?\ncairn: see 'cairn --help'\n");
    }

    @Test
    void namesAnUnknownCommandAndTheNearest() throws Exception {
        assertUsage(
                cairn("completoin", "bash"),
                "cairn: no such command: 'completoin'; did you mean \"completion\"?\ncairn: see 'cairn --help'\n");
    }

    @Test
    void namesAnUnknownOptionAndTheCommandsOwnHelp() throws Exception {
        assertUsage(
                cairn("completion", "--stacktrac", "bash"),
                "cairn: unknown option '--stacktrac'; did you mean \"--stacktrace\"?\ncairn: see 'cairn completion --help'\n");
    }

    @Test
    void namesAnUnknownOptionAlsoWhereAnArgumentIsMissing() throws Exception {
        assertUsage(
                cairn("exec", "--compresion"),
                "cairn: unknown option '--compresion'; did you mean \"--compression\"?\ncairn: see 'cairn exec --help'\n");
    }

    @Test
    void namesWhatAnOptionMayBe() throws Exception {
        Outcome outcome = cairn("completion", "tcsh");
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("SHELL").contains("bash, zsh").contains("tcsh");
    }

    @Test
    void refusesAnEmptyName() throws Exception {
        assertUsage(
                cairn("exec", "--name", "", "--", "true"),
                "cairn: Invalid value for option '--name': it must not be empty\ncairn: see 'cairn exec --help'\n");
        assertUsage(
                cairn("run", "--key", "", "flow.yaml"),
                "cairn: Invalid value for option '--key': it must not be empty\ncairn: see 'cairn run --help'\n");
    }

    @Test
    void saysWhatIsWrongWithAnInput() throws Exception {
        Outcome outcome = cairn("run", "--input", "n", "flow.yaml");
        assertThat(outcome.err()).contains("for option '--input' (NAME=VALUE)");
        assertThat(outcome.exitCode()).isEqualTo(2);
    }

    @Test
    void showsWhereAnErrorCameFromOnlyWhenAsked() throws Exception {
        assertThat(cairn("completion").err()).doesNotContain("\tat ");
        assertThat(cairn("--stacktrace", "completion").err()).contains("\tat dev.cairn.cli");
    }

    @Test
    void aCompletionScriptIsValidForItsShell() throws Exception {
        Outcome outcome = cairn("completion", "bash");
        assertThat(outcome.out()).contains("complete -- ");
        Process bash =
                new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var in = bash.outputWriter()) {
            in.write(outcome.out());
        }
        assertThat(bash.waitFor()).isZero();
    }

    private void assertUsage(Outcome outcome, String err) {
        assertThat(outcome.err()).isEqualTo(err);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.exitCode()).isEqualTo(2);
    }

    private Outcome cairn(String... arguments) throws IOException, InterruptedException {
        return CairnProcess.run(folder, arguments);
    }
}
