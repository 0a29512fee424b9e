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

    /** The law: no command shows a secret, whatever the step did with it, and none but the log and what the step wrote holds it. */
    @Test
    void isShownByNoCommand() throws Exception {
        Files.writeString(folder.resolve("key"), SECRET + "\n");
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                secrets: {TOKEN: {env: THE_TOKEN}, KEY: {file: key}}
                env: {AUTH: "Bearer ${{ secrets.TOKEN }}"}
                notify: [{webhook: {url: "http://127.0.0.1:9/"}}]
                steps:
                  - id: loud
                    strategy: {matrix: {i: [1, 2]}}
                    env: {K: "${{ secrets.KEY }}", I: "${{ matrix.i }}"}
                    run: |
                      echo "$AUTH" "$K"; echo "$K" >&2; printf '{"x": "%s"}' "$K" > result-$I
                      sh -c 'sleep 1; :' "$K"
                    outputs: {o: "result-${{ matrix.i }}"}
                    checkpoint: {every: 300ms}
                  - id: fails
                    needs: [loud]
                    run: echo "$AUTH" >&2; cat "/no/such/$AUTH"; exit 3
                  - id: cannot
                    if: always()
                    env: {A: "${{ read(secrets.TOKEN) }}"}
                    run: true
                """);
        Map<String, String> secrets = Map.of("THE_TOKEN", SECRET);
        StringBuilder all = new StringBuilder();
        for (String command : List.of(
                "plan --json flow.yaml",
                "run flow.yaml --key k",
                "run --json flow.yaml --key k",
                "ps --all --json",
                "show k",
                "show --json k",
                "logs -f k",
                "logs -n 2 k",
                "report k",
                "image ls k",
                "notify --json",
                "gc --dry-run --keep 0")) {
            Outcome outcome = CairnProcess.run(folder, secrets, command.split(" "));
            assertThat(outcome.out() + outcome.err()).as(command).doesNotContain(SECRET);
            all.append(outcome.out()).append(outcome.err());
        }
        assertThat(all.toString())
                .contains("Bearer ***")
                .contains("cannot read ***")
                .contains("step fails");
        assertThat(holding())
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file.getFileName().toString())
                        .as("a log, or what of it was rolled back: %s", file)
                        .matches("(stdout|stderr)\\.log(\\.from-[0-9]+)?|shown\\.(stdout|stderr)"))
                .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
    }

    private List<Path> holding() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve(".cairn"))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("/checkpoints/")) // a process's memory
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
