package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A step that prints its secret: who looks at its log, and what lies on disk. */
final class SecretsInLogsTest {
    private static final String SECRET = "s3cr3t-v41ue";

    @TempDir
    Path folder;

    private Outcome run(String command, String more) throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                secrets: {TOKEN: {env: THE_TOKEN}}
                steps:
                  - id: one
                    env: {AUTH: "Bearer ${{ secrets.TOKEN }}"}
                    run: |
                      %s
                %s""".formatted(command, more));
        return CairnProcess.run(folder, Map.of("THE_TOKEN", SECRET), "run", "flow.yaml", "--key", "k");
    }

    private Outcome logs() throws Exception {
        return CairnProcess.run(folder, Map.of(), "logs", "k");
    }

    @Test
    void isMaskedForWhoeverShowsTheLogWithoutKnowingIt() throws Exception {
        Outcome run = run("echo \"$AUTH\"; printf s3cr3t; sleep 0.2; echo -v41ue; echo \"$THE_TOKEN\" >&2; exit 3", "");
        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out() + run.err())
                .as("the last words")
                .contains("one | ***")
                .doesNotContain(SECRET);
        Outcome logs = logs();
        assertThat(logs.out()).isEqualTo("Bearer ***\n***\n");
        assertThat(logs.err()).isEqualTo("***\n");
        assertThat(CairnProcess.run(folder, Map.of(), "logs", "-n", "1", "k").out())
                .isEqualTo("***\n");
    }

    @Test
    void liesOnlyInTheLogItselfWhichNobodyElseReads() throws Exception {
        run("echo \"$AUTH\"", "");
        assertThat(logs().out()).isEqualTo("Bearer ***\n");
        List<Path> holding = holding();
        assertThat(holding).singleElement().asString().endsWith("/one/stdout.log");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(holding.get(0))))
                .isEqualTo("rw-------");
    }

    private List<Path> holding() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve(".cairn"))) {
            return files.filter(Files::isRegularFile)
                    .filter(SecretsInLogsTest::holdsIt)
                    .toList();
        }
    }

    private static boolean holdsIt(Path file) {
        try {
            return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1).contains(SECRET);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void isShownWhereTheStepSaysSo() throws Exception {
        run("echo \"$AUTH\"", "    mask_secrets: false\n");
        assertThat(logs().out()).isEqualTo("Bearer " + SECRET + "\n");
    }
}
