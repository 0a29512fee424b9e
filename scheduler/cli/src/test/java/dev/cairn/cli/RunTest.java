package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Workflows from the command line, as real processes, with the engine that every host allows. */
final class RunTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeWorkflow() throws IOException {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: flow
                inputs:
                  code: {type: integer, default: 0}
                defaults: {checkpoint: {engine: none}}
                steps:
                  - id: first
                    run: echo one > one.txt
                    outputs: {one: one.txt}
                  - id: second
                    run: |
                      echo begun
                      while [ -e wait ]; do sleep 0.02; done
                      cat ${{ steps.first.outputs.one }}
                      [ ${{ inputs.code }} = 0 ] || echo because >&2
                      exit ${{ inputs.code }}
                """);
    }

    @Test
    void runsAWorkflowAndTellsItOnStderrOnly() throws Exception {
        Outcome outcome = cairn("run", "flow.yaml");
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .contains("first: attempt 1 started", "second: attempt 1 succeeded")
                .doesNotContain("(start)")
                .containsPattern("cairn: run flow-\\S+ succeeded\n$");
        assertThat(cairn("logs", "flow", "second").out()).isEqualTo("begun\none\n");
        assertThat(cairn("logs", "-n", "1", "flow", "second").out()).isEqualTo("one\n");
        assertThat(cairn("logs", "flow").out()).isEqualTo("second | begun\nsecond | one\n");
    }

    @Test
    void aPlanShowsWhereStepsRunAndWhatTheyTakeThere() throws Exception {
        Files.writeString(folder.resolve("plan.yaml"), """
                name: plan
                defaults: {cpu: baseline}
                steps:
                  - id: big
                    run: make
                    resources: {cpus: 2.5, memory: 4G}
                    checkpoint: {every: 10m, keep_binaries: true, journal: 1G}
                  - id: small
                    cpu: native
                    run: make
                  - id: last
                    cpu: native
                    run: make
                    rollback: none
                """);
        assertThat(cairn("plan", "plan.yaml").out()).endsWith("""

                step big
                  run         make
                  checkpoint  native, every 10m, keep 2, with its programs, journal 1.0 GiB
                  cpu         baseline
                  resources   cpus 2.5, memory 4.0 GiB

                step small
                  needs       big
                  run         make
                  checkpoint  native, every auto, keep 2

                step last
                  needs       small
                  run         make
                  checkpoint  native, every auto, keep 2, no journal
                """);
        assertThat(cairn("plan", "--graph", "mermaid", "plan.yaml").out()).isEqualTo("""
                graph LR
                  n0["big"]
                  n1["small"]
                  n2["last"]
                  n0 --> n1
                  n1 --> n2
                """);
        assertThat(cairn("plan", "--graph", "dot", "plan.yaml").out()).contains("  n0 -> n1\n");
        JsonNode big = json("plan", "--json", "plan.yaml").at("/steps/0");
        assertThat(big.at("/cpu").asString()).isEqualTo("baseline");
        assertThat(big.at("/keep_binaries").asBoolean()).isTrue();
        assertThat(big.at("/journal_bytes").asLong()).isEqualTo(1L << 30);
        assertThat(big.at("/resources").toString()).isEqualTo("{\"cpus\":2.5,\"memory_bytes\":4294967296}");
    }

    @Test
    void aFailedRunIsExitCode1AndCanBeResumed() throws Exception {
        Outcome outcome = cairn("run", "flow.yaml", "--input", "code=3", "--key", "k");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err())
                .contains(
                        "cairn: step second failed: exit code 3\n",
                        "second | because\n",
                        "cairn: see its log with: cairn logs k, and resume it with: cairn resume k\n");
        assertThat(cairn("resume", "k").exitCode()).isEqualTo(1);
        assertThat(cairn("logs").err()).isEqualTo(cairn("logs", "k").err()).contains("because");
        assertThat(json("show", "--json").at("/run/key").asString()).isEqualTo("k");
        JsonNode show = json("show", "--json", "k");
        assertThat(show.at("/run/state").asString()).isEqualTo("failed");
        assertThat(show.at("/inputs/code").asString()).isEqualTo("3");
        assertThat(show.at("/steps/0/attempts").size()).isEqualTo(1);
        assertThat(show.at("/steps/1/attempts").size()).isEqualTo(2);
        assertThat(show.at("/steps/1/attempts/0/exit_code").asInt()).isEqualTo(3);
    }

    @Test
    void listsTheRunsThatAreAskedFor() throws Exception {
        cairn("run", "flow.yaml", "--input", "code=3", "--key", "bad");
        cairn("run", "flow.yaml", "--key", "good");
        assertThat(cairn("ps", "--state", "failed").out()).contains("bad").doesNotContain("good");
        assertThat(cairn("ps", "--state", "failed,succeeded", "--name", "oo").out())
                .contains("good")
                .doesNotContain("bad");
        assertThat(json("ps", "--all", "-n", "1", "--json").at("/runs").size()).isEqualTo(1);
        assertThat(json("ps", "--all", "--since", "1h", "--json").at("/runs").size())
                .isEqualTo(2);
        assertThat(cairn("ps", "--all", "--since", "0s").err()).contains("no such runs");
        Outcome wrong = cairn("ps", "--state", "done");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("there are running, paused, interrupted, succeeded, failed, cancelled");
    }

    @Test
    void validatesSeveralFilesAtOnce() throws Exception {
        Files.writeString(folder.resolve("wrong.yaml"), "steps: [{rn: x}]\n");
        Outcome outcome = cairn("validate", "flow.yaml", "wrong.yaml");
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("flow.yaml: valid", "wrong.yaml:1:10");
    }

    @Test
    void namesInstancesOfAMatrixByTheirValues() throws Exception {
        Files.writeString(folder.resolve("align.yaml"), """
                name: align
                steps:
                  - id: align
                    strategy: {fail_fast: false, matrix: {sample: [s1, s2]}}
                    run: echo ${{ matrix.sample }}; [ ${{ matrix.sample }} = s1 ] || [ -e ready ]
                """);
        Outcome failed = cairn("run", "align.yaml", "--key", "m");
        assertThat(failed.err())
                .contains("align[s1]: attempt 1 succeeded", "cairn: step align[s2] failed: exit code 1\n")
                .contains("run failed: step align[s2]: exit code 1");
        assertThat(cairn("logs", "m").out()).isEqualTo("align[s1] | s1\nalign[s2] | s2\n");
        assertThat(cairn("logs", "m", "align[s2]").out()).isEqualTo("s2\n");
        assertThat(cairn("show", "m").out()).contains("step align[s1]: succeeded", "step align[s2]: failed");
        assertThat(json("show", "--json", "m").at("/steps/1/label").asString()).isEqualTo("align[s2]");

        Files.createFile(folder.resolve("ready"));
        assertThat(cairn("resume", "m", "--restart", "align[s2]").exitCode()).isZero();
        Outcome again = cairn("resume", "m", "--from", "align[s1]");
        assertThat(again.exitCode()).isZero();
        assertThat(again.err()).contains("resumed: 1 of 2 steps done", "align[s1]: runs again: --from");
        assertThat(cairn("resume", "m", "--from", "align[s3]").err()).contains("there is no step 'align[s3]'");
    }

    @Test
    void aKeyThatSucceededHasNothingToDo() throws Exception {
        assertThat(cairn("run", "flow.yaml", "--key", "k").exitCode()).isZero();
        Outcome again = cairn("run", "flow.yaml", "--key", "k");
        assertThat(again.exitCode()).isZero();
        assertThat(again.err()).contains("has succeeded already, nothing to do");
        assertThat(json("ps", "--all", "--json").get("runs").size()).isEqualTo(1);
    }

    @Test
    void theSameLineGoesOnWithAnInterruptedRunAndNewStartsAnother() throws Exception {
        stopInSecondStep("INT");
        Files.delete(folder.resolve("wait"));
        JsonNode ended = json("run", "--json", "flow.yaml");
        assertThat(ended.at("/run/state").asString()).isEqualTo("succeeded");
        assertThat(ended.at("/steps/0/attempts").size())
                .as("what had succeeded is not repeated")
                .isEqualTo(1);
        assertThat(ended.at("/steps/1/attempts").size()).isEqualTo(2);
        assertThat(cairn("run", "--new", "flow.yaml").exitCode()).isZero();
        assertThat(json("ps", "--all", "--json").get("runs").size()).isEqualTo(2);
    }

    @Test
    void aPausedRunGoesOnOnlyWhenUnpaused() throws Exception {
        try (CairnProcess running = startInSecondStep()) {
            assertThat(json("report", "--json", "k").at("/totals/unended").asInt())
                    .isEqualTo(1);
            assertThat(cairn("report", "k").out()).endsWith(", not counting 1 that has not ended\n");
            assertThat(cairn("pause", "k").exitCode()).isZero();
            Outcome outcome = running.await();
            assertThat(outcome.exitCode()).isEqualTo(75);
            assertThat(outcome.err()).endsWith("cairn: paused; resume with: cairn unpause k\n");
        }
        Outcome resume = cairn("resume", "k");
        assertThat(resume.exitCode()).isEqualTo(75);
        assertThat(resume.err()).contains("is paused; resume it with: cairn unpause k");
        Files.delete(folder.resolve("wait"));
        assertThat(cairn("unpause", "k").exitCode()).isZero();
        assertThat(cairn("unpause", "k").err()).contains("is not paused, it is succeeded");
    }

    @Test
    void followsALogUntilTheRunEnds() throws Exception {
        try (CairnProcess running = startInSecondStep();
                CairnProcess logs = CairnProcess.start(folder, "logs", "-f", "k", "second")) {
            logs.awaitOut("begun\n");
            Files.delete(folder.resolve("wait"));
            assertThat(running.await().exitCode()).isZero();
            assertThat(logs.await().out()).isEqualTo("begun\none\n");
        }
    }

    @Test
    void theHomeIsMadeHereAndFoundFromBelow() throws Exception {
        Path below = Files.createDirectories(folder.resolve("a/b"));
        Files.copy(folder.resolve("flow.yaml"), below.resolve("flow.yaml"));
        assertThat(cairn("run", "a/b/flow.yaml").exitCode()).isZero();
        assertThat(folder.resolve(".cairn")).isDirectory();
        assertThat(CairnProcess.run(below, "ps", "--all").out()).contains("flow-");
        Path other = Files.createDirectories(folder.resolve("other"));
        assertThat(CairnProcess.run(other, "ps", "--home", "nowhere").err())
                .isEqualTo("no unfinished runs; --all lists the others\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"show", "resume", "logs", "checkpoint", "pause", "unpause", "cancel", "report"})
    void namesARunThatIsNotThere(String command) throws Exception {
        Outcome nowhere = cairn(command, "nope");
        assertThat(nowhere.exitCode()).isEqualTo(66);
        assertThat(nowhere.err()).contains("no runs here: there is no .cairn in " + folder.toRealPath());
        Files.createDirectories(folder.resolve(".cairn/runs"));
        Outcome unknown = cairn(command, "nope");
        assertThat(unknown.exitCode()).isEqualTo(66);
        assertThat(unknown.err()).contains("there is no run 'nope' in ").contains("'cairn ps --all' lists them");
    }

    @Test
    void namesAStepThatIsNotThere() throws Exception {
        cairn("run", "flow.yaml", "--key", "k");
        Outcome outcome = cairn("logs", "k", "third");
        assertThat(outcome.exitCode()).isEqualTo(66);
        assertThat(outcome.err()).contains("has not come to a step 'third'; so far it has first, second");
    }

    @Test
    void saysThatATornManifestIsOneAndListsTheOthers() throws Exception {
        cairn("run", "flow.yaml", "--key", "k");
        cairn("run", "flow.yaml", "--key", "l");
        Path manifest = someRun().resolve("manifest.json");
        Files.writeString(manifest, "{\"torn");
        Outcome ps = cairn("ps", "--all");
        assertThat(ps.exitCode()).isEqualTo(74);
        assertThat(ps.err()).contains(manifest.toString());
        assertThat(ps.out().lines()).hasSize(2);
    }

    @Test
    void listsAndShowsARunWhoseOwnerCannotBeRead() throws Exception {
        cairn("run", "flow.yaml", "--input", "code=3", "--key", "k");
        Files.writeString(someRun().resolve("owner.json"), "{\"torn");
        assertThat(cairn("ps", "--all").out().lines()).hasSize(2);
        assertThat(cairn("show", "k").exitCode()).isZero();
        assertThat(cairn("resume", "k").exitCode()).as("nobody has it").isEqualTo(1);
        Path claim = someRun().resolve("owner.2");
        Files.writeString(claim, "{\"torn");
        Files.delete(someRun().resolve("owner.json"));
        Outcome ps = cairn("ps", "--all");
        assertThat(ps.exitCode()).isEqualTo(74);
        assertThat(ps.out().lines()).hasSize(2);
        assertThat(ps.err()).contains(claim + ": is not whole JSON");
        assertThat(cairn("resume", "k").exitCode())
                .as("nobody knows who has it")
                .isEqualTo(74);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"document\":\"cairn.step\", | is not whole JSON, from line 1, column ",
                "`` | is empty",
                "{\"document\":\"other\"} | is not a cairn.step document"
            })
    void saysWhatIsWrongWithAStepsManifestAndChangesNothing(String content, String wrong) throws Exception {
        stopInSecondStep("INT");
        Path manifest = someRun().resolve("steps/second/step.json");
        Files.writeString(manifest, content);
        Outcome resume = cairn("resume");
        assertThat(resume.exitCode()).isEqualTo(74);
        assertThat(resume.err())
                .contains("cairn: " + manifest + ": " + wrong, "Nothing was changed", "move it away")
                .doesNotContain("bug", "Source:");
        assertThat(manifest).hasContent(content);
    }

    @Test
    void saysPlainlyWhatCannotBeDoneHere() throws Exception {
        Files.writeString(folder.resolve("later.yaml"), "steps:\n  - id: s\n    run: 'true'\n    runs_on: slurm\n");
        Files.createDirectory(folder.resolve("nothing"));
        Outcome outcome;
        try (CairnProcess run = CairnProcess.start(
                folder,
                Map.of("PATH", folder.resolve("nothing").toString()),
                Path.of("/dev/null"),
                "run",
                "later.yaml")) {
            outcome = run.await();
        }
        assertThat(outcome.exitCode()).isEqualTo(69);
        assertThat(outcome.err()).contains("step s: ").contains("cannot");
    }

    @Test
    void gcRemovesRunsThatEndedLongAgoAndSaysSoFirst() throws Exception {
        cairn("run", "flow.yaml", "--key", "k");
        assertThat(cairn("gc", "--older-than", "1ms", "--dry-run").out()).contains("run that ended long ago");
        assertThat(cairn("show", "k").exitCode()).isZero();
        assertThat(json("gc", "--older-than", "1ms", "--json").get("removed").size())
                .isEqualTo(1);
        assertThat(cairn("show", "k").exitCode()).isEqualTo(66);
        assertThat(cairn("run", "flow.yaml", "--key", "k").exitCode()).isZero();
    }

    private Path someRun() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve(".cairn/runs"))) {
            return runs.sorted().findFirst().orElseThrow();
        }
    }

    private void stopInSecondStep(String signal) throws Exception {
        Files.createFile(folder.resolve("wait"));
        try (CairnProcess running = CairnProcess.start(folder, "run", "flow.yaml")) {
            awaitSecondStep();
            running.signal(signal);
            assertThat(running.await().exitCode()).isEqualTo(75);
        }
    }

    private CairnProcess startInSecondStep() throws Exception {
        Files.createFile(folder.resolve("wait"));
        CairnProcess running = CairnProcess.start(folder, "run", "flow.yaml", "--key", "k");
        awaitSecondStep();
        return running;
    }

    private void awaitSecondStep() {
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .until(() -> secondLogs().stream().anyMatch(log -> log.contains("begun")));
    }

    /** Only the folders of runs are listed: what lies deeper comes and goes while the run is under way. */
    private List<String> secondLogs() throws IOException {
        List<String> logs = new ArrayList<>();
        Path runs = folder.resolve(".cairn/runs");
        if (Files.isDirectory(runs)) {
            try (DirectoryStream<Path> each = Files.newDirectoryStream(runs)) {
                for (Path run : each) {
                    Path log = run.resolve("steps/second/stdout.log");
                    if (Files.exists(log)) {
                        logs.add(Files.readString(log));
                    }
                }
            }
        }
        return logs;
    }

    private JsonNode json(String... arguments) throws Exception {
        return JsonMapper.shared().readTree(cairn(arguments).out());
    }

    private Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, arguments);
    }
}
