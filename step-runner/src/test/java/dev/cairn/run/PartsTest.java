package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.control.StopKind;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workflow files that are steps of others. */
class PartsTest {
    private static final String PART = """
            inputs: {sample: {required: true}, threads: {type: integer, default: 2}}
            outputs: {bam: "${{ steps.sort.outputs.bam }}", threads: "${{ inputs.threads }}"}
            steps:
              - id: align
                run: align ${{ inputs.sample }} ${{ inputs.threads }}
                outputs: {sam: "${{ inputs.sample }}.sam"}
              - id: sort
                run: sort ${{ steps.align.outputs.sam }}
                outputs: {bam: "${{ inputs.sample }}.bam"}
            """;
    private static final String FAN_OUT = """
            name: n
            inputs: {full: {type: boolean, default: true}}
            steps:
              - {id: list, run: list}
              - id: s
                uses: ./part.yaml
                if: ${{ inputs.full }}
                strategy: {fail_fast: false, matrix: {v: [a, b, c]}}
                with: {sample: "${{ matrix.v }}"}
              - {id: all, run: "all ${{ steps.s.outputs.bam }}"}
            """;
    private static final String ONCE = """
            name: n
            steps:
              - {id: list, run: list}
              - {id: s, uses: ./part.yaml, with: {sample: x, threads: 4}, continue_on_error: true}
              - {id: all, run: "all ${{ steps.s.status }} ${{ steps.s.outputs.threads }}", if: always()}
            """;

    @TempDir
    private Path folder;

    private Bench bench;
    private final Set<String> failing = new TreeSet<>();

    @BeforeEach
    void open() {
        bench = new Bench(folder);
        bench.write("part.yaml", PART);
        for (String id : List.of("list", "all", "s.align", "s.sort", "s.deep.align", "s.deep.sort", "s.one", "c")) {
            for (String instance : List.of("", ".1", ".2", ".3")) {
                bench.engine().program(id + instance, this::end);
            }
        }
    }

    private void end(FakeStep step) {
        if (failing.contains(step.id())) {
            step.fail(1);
            return;
        }
        String[] words = command(step).split(" ");
        if (words[0].equals("align")) {
            bench.write(words[1] + ".sam", "");
        } else if (words[0].equals("sort")) {
            String sam = Path.of(words[1]).getFileName().toString();
            bench.write(sam.replace(".sam", ".bam"), "");
        }
        step.succeed();
    }

    private static String command(FakeStep step) {
        List<String> words = step.launch().command();
        return words.get(words.size() - 1);
    }

    private FakeStep started(String id) {
        return bench.engine().starts().stream()
                .filter(step -> step.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private Set<String> finish(OpenResult opening, RunState expected) throws Exception {
        int before = bench.engine().starts().size();
        Bench.Running run = bench.start(opening);
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(expected);
        List<FakeStep> all = bench.engine().starts();
        Set<String> started = new TreeSet<>();
        all.subList(before, all.size()).forEach(step -> started.add(step.id()));
        return started;
    }

    private Set<String> finish(String flow, RunState expected) throws Exception {
        return finish(bench.runner().run(bench.flow(flow)), expected);
    }

    private StepManifest step(Bench.Running run, String id) throws Exception {
        return run.step(id);
    }

    @Test
    void everyInstanceRunsTheWholeFile() throws Exception {
        Bench.Running run = bench.start(bench.flow(FAN_OUT));
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(RunManifest.read(run.folder()).steps().keySet())
                .containsExactlyInAnyOrder(
                        "list",
                        "s.align.1",
                        "s.align.2",
                        "s.align.3",
                        "s.sort.1",
                        "s.sort.2",
                        "s.sort.3",
                        "s.1",
                        "s.2",
                        "s.3",
                        "all");
        assertThat(command(started("s.align.2"))).isEqualTo("align b 2");
        assertThat(command(started("all")))
                .isEqualTo("all " + folder.resolve("a.bam") + " " + folder.resolve("b.bam") + " "
                        + folder.resolve("c.bam"));
        assertThat(RunManifest.read(run.folder()).label("s.sort.2")).isEqualTo("s.sort[b]");
    }

    @Test
    void anInstanceThatFailsHoldsBackItsOwnLineAndIsResumedInside() throws Exception {
        failing.add("s.sort.2");
        Bench.Running run = bench.start(bench.flow(FAN_OUT));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(step(run, "s.1").state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(step(run, "s.2").state()).isEqualTo(StepState.FAILED);
        assertThat(step(run, "s.2").message()).isEqualTo("s.sort[b] failed");
        assertThat(step(run, "all").state()).isEqualTo(StepState.SKIPPED);
        failing.clear();
        assertThat(finish(FAN_OUT, RunState.SUCCEEDED)).containsExactly("all", "s.sort.2");
    }

    @Test
    void aStepThatIsSkippedSkipsAllOfItsFile() throws Exception {
        Bench.Running run = bench.start(bench.flow(FAN_OUT.replace("default: true", "default: false")));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).extracting(FakeStep::id).containsExactly("list", "all");
        assertThat(step(run, "s.sort.3").state()).isEqualTo(StepState.SKIPPED);
        assertThat(step(run, "s.3").state()).isEqualTo(StepState.SKIPPED);
        assertThat(step(run, "s.3").message()).isEqualTo("'if: ${{ inputs.full }}' is false");
    }

    @Test
    void whatFailedBeforeIsNoConcernOfAFileThatRunsAllTheSame() throws Exception {
        failing.add("list");
        assertThat(finish(FAN_OUT.replace("${{ inputs.full }}", "always()"), RunState.FAILED))
                .contains("s.align.1", "s.sort.3")
                .doesNotContain("all");
    }

    @Test
    void canFailWithoutTheRun() throws Exception {
        failing.add("s.align");
        Bench.Running run = bench.start(bench.flow(ONCE));
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(command(started("all"))).isEqualTo("all failed ");
        assertThat(step(run, "s.sort").state()).isEqualTo(StepState.SKIPPED);
    }

    @Test
    void givesItsOutputsAsItComputesThem() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONCE));
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(command(started("all"))).isEqualTo("all succeeded 4");
        assertThat(command(started("s.align"))).isEqualTo("align x 4");
    }

    @Test
    void isTakenUpByTheNextRunner() throws Exception {
        bench.engine().program("s.sort", step -> {});
        Bench.Running run = bench.start(bench.flow(ONCE));
        Bench.until(
                () -> bench.engine().starts().stream().anyMatch(it -> it.id().equals("s.sort")));
        run.session().stop(StopKind.INTERRUPT, "test");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        bench.engine().program("s.sort", this::end);
        assertThat(finish(ONCE, RunState.SUCCEEDED)).containsExactly("all", "s.sort");
    }

    @Test
    void anEditInTheUsedFileRunsAgainWhatItChanges() throws Exception {
        failing.add("all");
        finish(FAN_OUT, RunState.FAILED);
        failing.clear();
        bench.write("part.yaml", PART.replace("outputs.sam }}\n", "outputs.sam }} again\n"));
        assertThat(finish(FAN_OUT, RunState.SUCCEEDED)).containsExactly("all", "s.sort.1", "s.sort.2", "s.sort.3");
    }

    @Test
    void anEditOfWhatItIsGivenRunsItAgain() throws Exception {
        failing.add("all");
        String single = ONCE.replace(", continue_on_error: true", "").replace(", if: always()", "");
        finish(single, RunState.FAILED);
        failing.clear();
        assertThat(finish(single.replace("threads: 4", "threads: 5"), RunState.SUCCEEDED))
                .containsExactly("all", "s.align", "s.sort");
    }

    @Test
    void anInstanceThatRunsAgainTakesItsOwnLineWithIt() throws Exception {
        failing.add("all");
        Bench.Running run = bench.start(bench.flow(FAN_OUT));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        failing.clear();
        ResumeOptions from = ResumeOptions.NONE.from(Set.of("s.align[b]"));
        assertThat(finish(bench.runner().resume(run.folder(), from, false), RunState.SUCCEEDED))
                .containsExactly("all", "s.align.2", "s.sort.2");
    }

    @Test
    void theRunKeepsTheTextsOfAllFiles() throws Exception {
        failing.add("s.sort");
        String single = ONCE.replace(", continue_on_error: true", "");
        Bench.Running run = bench.start(bench.flow(single));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        failing.clear();
        bench.write("part.yaml", "steps: [{id: other, run: other}]\n");
        assertThat(finish(bench.runner().resume(run.folder(), ResumeOptions.AS_SUBMITTED, false), RunState.SUCCEEDED))
                .containsExactly("s.sort");
    }

    @Test
    void usesFilesThatUseOthers() throws Exception {
        bench.write("outer.yaml", """
                inputs: {sample: {}}
                outputs: {bam: "${{ steps.deep.outputs.bam }}"}
                steps:
                  - {id: one, run: one}
                  - {id: deep, uses: part.yaml, with: {sample: "${{ inputs.sample }}"}}
                """);
        Bench.Running run = bench.start(bench.flow(FAN_OUT.replace("./part.yaml", "./outer.yaml")));
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(command(started("s.deep.sort.3"))).isEqualTo("sort " + folder.resolve("c.sam"));
        assertThat(command(started("all"))).contains("a.bam").contains("c.bam");
    }

    @Test
    void takesItsMatrixFromWhatAStepHasFound() throws Exception {
        String flow = FAN_OUT.replace("{id: list, run: list}", "{id: list, run: list, outputs: {all: all.txt}}")
                .replace("v: [a, b, c]", "v: {lines: \"${{ steps.list.outputs.all }}\"}");
        bench.engine().program("list", step -> {
            bench.write("all.txt", "x\ny\n");
            step.succeed();
        });
        failing.add("s.sort.2");
        assertThat(finish(flow, RunState.FAILED))
                .containsExactly("list", "s.align.1", "s.align.2", "s.sort.1", "s.sort.2");
        failing.clear();
        assertThat(finish(flow, RunState.SUCCEEDED)).containsExactly("all", "s.sort.2");
        assertThat(command(started("all"))).contains("x.bam").contains("y.bam");
    }
}
