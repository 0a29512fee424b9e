package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Root works in a folder that everybody can write, as in {@code /tmp}, and another user has put something there. */
final class PlantedHomeTest {
    private static final int MALLORY = 60218;

    @TempDir
    private Path folder;

    private Path shared;
    private Path project;

    @BeforeEach
    void share() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root to act as two users");
        shared = Files.createDirectory(folder.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        project = Files.createDirectory(shared.resolve("project"));
    }

    @Test
    void passesOverAHomeOfAnotherUserAndNamesIt() throws Exception {
        Path planted = plantedHome();
        Outcome ps = CairnProcess.run(project, "ps", "--all");
        assertThat(ps.exitCode()).isEqualTo(66);
        assertThat(ps.err()).containsOnlyOnce("cairn: " + planted + " is not used: it belongs to 60218.");
        Outcome resumed = CairnProcess.run(project, "resume");
        assertThat(resumed.exitCode()).isEqualTo(66);
        assertThat(project.resolve("ran")).doesNotExist();
        Path input = planted.resolve("input");
        assertThat(CairnProcess.run(project, "gc").exitCode()).isEqualTo(66);
        assertThat(input).exists();
        assertThat(CairnProcess.run(project, "exec", "--engine", "none", "--", "true")
                        .exitCode())
                .isZero();
        assertThat(project.resolve(".cairn/runs")).isNotEmptyDirectory();
    }

    @Test
    void refusesAHomeOfAnotherUserThatIsNamed() throws Exception {
        Path planted = plantedHome();
        Outcome named = CairnProcess.run(project, "ps", "--home", planted.toString());
        assertThat(named.exitCode()).isEqualTo(74);
        assertThat(named.err())
                .isEqualTo("cairn: " + planted + " is not used: it belongs to 60218. Run this as that user"
                        + " (sudo -u 60218), or use one of root's own\n");
        Outcome variable = CairnProcess.run(project, Map.of("CAIRN_HOME", planted.toString()), "gc");
        assertThat(variable.exitCode()).isEqualTo(74);
    }

    @Test
    void steersNoRunOfAnotherUserAndLeavesNothingInIt() throws Exception {
        Path planted = plantedHome();
        for (String command : new String[] {"checkpoint", "cancel", "pause", "resume"}) {
            assertThat(CairnProcess.run(project, command, "--home", planted.toString(), "bad")
                            .exitCode())
                    .isEqualTo(74);
        }
        try (Stream<Path> files = Files.walk(planted)) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                            .isEqualTo(MALLORY));
        }
    }

    @Test
    void passesOverARunOfAnotherUserInItsOwnHome() throws Exception {
        exec("--name", "good", "--", "true");
        exec("--name", "bad", "--", "true");
        Path bad = run("bad");
        give(bad, MALLORY);
        Outcome ps = CairnProcess.run(project, "ps", "--all");
        assertThat(ps.out()).contains("good").doesNotContain("bad");
        assertThat(ps.err()).contains(bad + " is not used: it belongs to 60218");
        assertThat(CairnProcess.run(project, "resume", "bad").exitCode()).isEqualTo(74);
        Outcome gc = CairnProcess.run(project, "gc", "--keep", "0");
        assertThat(gc.exitCode()).isZero();
        assertThat(gc.err()).contains(bad + " is not used");
        assertThat(CairnProcess.run(project, "resume").err()).contains(bad + " is not used");
        assertThat(bad).exists();
    }

    @Test
    void sendsNoSecretWhereAnotherUserSaysSo() throws Exception {
        Path home = Files.createDirectory(project.resolve(".cairn"));
        Path config = Files.writeString(home.resolve("config.yaml"), """
                airflow: {connections: {prod: {url: "http://127.0.0.1:9", token: {file: /etc/hostname}}}}
                """);
        give(config, MALLORY);
        Outcome outcome = CairnProcess.run(project, "airflow", "check");
        assertThat(outcome.exitCode()).isEqualTo(74);
        assertThat(outcome.err()).contains(config + " is not used: it belongs to 60218");
    }

    /** A file that is named on the command line may be another user's, for it was chosen; what it uses must not be planted. */
    @Test
    void usesNoPlantedWorkflowFileAsAStep() throws Exception {
        Path planted = Files.writeString(
                shared.resolve("planted.yaml"), "steps: [{id: a, run: touch ran, checkpoint: {engine: none}}]\n");
        Files.writeString(project.resolve("flow.yaml"), "steps: [{id: one, uses: ../planted.yaml}]\n");
        assertThat(CairnProcess.run(project, "run", "flow.yaml").exitCode()).isZero();
        assertThat(Files.deleteIfExists(project.resolve("ran"))).isTrue();
        give(planted, MALLORY);
        Outcome outcome = CairnProcess.run(project, "run", "--new", "flow.yaml");
        assertThat(outcome.exitCode()).isEqualTo(74);
        assertThat(outcome.err()).contains("planted.yaml is not used: 60218 has put");
        assertThat(project.resolve("ran")).doesNotExist();
    }

    /** What a workflow names beside itself decides what its steps do. */
    @Test
    void readsNoPlantedFileThatAWorkflowNames() throws Exception {
        Path planted = Files.writeString(shared.resolve("planted"), "LD_PRELOAD=/tmp/evil.so\n");
        give(planted, MALLORY);
        for (String named : List.of(
                "env_file: ../planted",
                "env: {A: \"${{ secrets.S }}\"}",
                "outputs: {o: o}",
                "env: {A: \"${{ read('../planted') }}\"}")) {
            boolean isTrusted = named.startsWith("outputs");
            Files.writeString(project.resolve("flow.yaml"), """
                    secrets: {S: {file: ../planted}}
                    steps:
                      - id: one
                        run: touch ran o
                        checkpoint: {engine: none}
                        %s
                    """.formatted(named));
            Files.deleteIfExists(project.resolve("ran"));
            Outcome outcome = CairnProcess.run(project, "run", "--new", "flow.yaml");
            boolean isFoundBeforeTheStart = !named.contains("read(");
            assertThat(outcome.exitCode())
                    .as(named)
                    .isEqualTo(isTrusted ? ExitCode.OK : isFoundBeforeTheStart ? ExitCode.USAGE : ExitCode.FAILED);
            assertThat(Files.exists(project.resolve("ran"))).as(named).isEqualTo(isTrusted);
            if (!isTrusted) {
                assertThat(outcome.err()).as(named).contains("is not used: 60218 has put");
            }
        }
    }

    @Test
    void believesNoDocumentThatAnotherUserHasWritten() throws Exception {
        exec("--name", "bad", "--", "false");
        for (Path document : List.of(
                run("bad").resolve("manifest.json"),
                run("bad").resolve("steps/main/step.json"),
                run("bad").resolve("owner.json"),
                project.resolve(".cairn/names/bad/1"))) {
            give(document, MALLORY);
            Outcome outcome = CairnProcess.run(project, "resume", "bad");
            assertThat(outcome.exitCode()).as("%s", document).isEqualTo(74);
            assertThat(outcome.err()).contains(document + " is not used: it belongs to 60218");
            give(document, 0);
        }
    }

    @Test
    void saysWhichSecretEveryoneCanWrite() throws Exception {
        Path token = Files.writeString(project.resolve("token"), "t");
        Files.setAttribute(token, "unix:mode", 0666);
        Files.writeString(
                Files.createDirectory(project.resolve(".cairn")).resolve("config.yaml"),
                "airflow: {connections: {prod: {url: \"https://127.0.0.1:9\", token: {file: " + token + "}}}}\n");
        Outcome outcome = CairnProcess.run(project, "airflow", "check");
        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.out() + outcome.err())
                .contains("its token: " + token + " is not used: everyone can write it")
                .doesNotContain("a bug in Cairn");
    }

    @Test
    void deletesThroughNoLink() throws Exception {
        exec("--name", "done", "--", "true");
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/000001"));
        Path checkpoints = run("done").resolve("steps/command/checkpoints");
        Files.createDirectories(checkpoints.getParent());
        Files.createSymbolicLink(checkpoints, elsewhere.getParent());
        Path inputs = project.resolve(".cairn/input");
        Files.createSymbolicLink(inputs, elsewhere.getParent());
        Files.setLastModifiedTime(elsewhere, FileTime.fromMillis(0));
        assertThat(CairnProcess.run(project, "gc").exitCode()).isZero();
        assertThat(CairnProcess.run(project, "gc", "--keep", "0").exitCode()).isZero();
        assertThat(elsewhere).exists();
        assertThat(run("done")).doesNotExist();
    }

    /** With an unfinished run that would leave a file, as the attacker wants it. */
    private Path plantedHome() throws Exception {
        Path workshop = Files.createDirectory(folder.resolve("workshop"));
        CairnProcess.run(workshop, "exec", "--engine", "none", "--name", "bad", "--", "sh", "-c", "touch ran; exit 1");
        Path planted = Files.move(workshop.resolve(".cairn"), shared.resolve(".cairn"));
        Files.createDirectory(planted.resolve("input"));
        try (Stream<Path> files = Files.walk(planted)) {
            for (Path file : files.toList()) {
                give(file, MALLORY);
            }
        }
        return planted;
    }

    private void exec(String... words) throws Exception {
        String[] line = Stream.concat(Stream.of("exec", "--engine", "none"), Stream.of(words))
                .toArray(String[]::new);
        assertThat(CairnProcess.run(project, line).exitCode())
                .isEqualTo(words[words.length - 1].equals("false") ? 1 : 0);
    }

    private Path run(String name) throws IOException {
        try (Stream<Path> runs = Files.list(project.resolve(".cairn/runs"))) {
            return runs.filter(run -> run.getFileName().toString().startsWith(name))
                    .findFirst()
                    .orElse(project.resolve(".cairn/runs/none"));
        }
    }

    private static void give(Path path, int user) throws IOException {
        Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", user, LinkOption.NOFOLLOW_LINKS);
    }
}
