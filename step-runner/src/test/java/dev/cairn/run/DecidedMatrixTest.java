package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.control.StopKind;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Matrices whose values a step of the same run finds. */
class DecidedMatrixTest {
    private static final String FLOW = """
            name: n
            steps:
              - {id: list, run: list, outputs: {all: all.txt}}
              - id: trim
                needs: [list]
                strategy: {fail_fast: false, matrix: {s: {lines: "${{ steps.list.outputs.all }}"}}}
                run: trim ${{ matrix.s }}
                outputs: {r: "${{ matrix.s }}.trimmed"}
              - id: align
                needs: [trim]
                strategy: {fail_fast: false, matrix: {s: {lines: "${{ steps.list.outputs.all }}"}}}
                run: align ${{ steps.trim.outputs.r }}
              - {id: all, needs: [align], run: all}
            """;

    @TempDir
    private Path folder;

    private Bench bench;
    private String listed = "x\n\n y \nz\n";
    private final Set<String> failing = new TreeSet<>();

    @BeforeEach
    void open() {
        bench = new Bench(folder);
        bench.engine().program("list", step -> {
            bench.write("all.txt", listed);
            step.succeed();
        });
        for (String id : List.of("trim", "align", "all", "other")) {
            for (String instance : List.of("", ".1", ".2", ".3", ".4")) {
                bench.engine().program(id + instance, this::end);
            }
        }
    }

    private void end(FakeStep step) {
        if (failing.contains(step.id())) {
            step.fail(1);
            return;
        }
        if (step.id().startsWith("trim")) {
            bench.write(
                    step.launch()
                                    .command()
                                    .get(step.launch().command().size() - 1)
                                    .split(" ")[1] + ".trimmed",
                    "");
        }
        step.succeed();
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

    @Test
    void hasAnInstanceForEachLine() throws Exception {
        Bench.Running run = bench.start(bench.flow(FLOW));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts())
                .extracting(FakeStep::id)
                .contains("trim.3", "align.3", "all")
                .hasSize(8);
        assertThat(dev.cairn.run.manifest.RunManifest.read(run.folder()).steps().keySet())
                .containsExactlyInAnyOrder(
                        "list", "trim.1", "trim.2", "trim.3", "align.1", "align.2", "align.3", "all");
        assertThat(dev.cairn.run.manifest.RunManifest.read(run.folder()).label("align.2"))
                .isEqualTo("align[y]");
    }

    @Test
    void anInstanceWaitsForItsCounterpartAlone() throws Exception {
        failing.add("trim.2");
        assertThat(finish(FLOW, RunState.FAILED))
                .containsExactly("align.1", "align.3", "list", "trim.1", "trim.2", "trim.3");
    }

    @Test
    void isTheSameAfterAResumeWhateverTheFileSaysBy() throws Exception {
        failing.add("trim.2");
        finish(FLOW, RunState.FAILED);
        bench.write("all.txt", "other\n");
        failing.clear();
        assertThat(finish(FLOW, RunState.SUCCEEDED)).containsExactly("align.2", "all", "trim.2");
    }

    @Test
    void isDecidedAnewWhenItsSourceRunsAgain() throws Exception {
        failing.add("all");
        finish(FLOW, RunState.FAILED);
        failing.clear();
        listed = "x\nq\nr\ns\n";
        assertThat(finish(FLOW.replace("run: list", "run: list better"), RunState.SUCCEEDED))
                .containsExactly(
                        "align.1", "align.2", "align.3", "align.4", "all", "list", "trim.1", "trim.2", "trim.3",
                        "trim.4");
    }

    @Test
    void isDecidedAnewWhenTheWayChanges() throws Exception {
        failing.add("all");
        finish(FLOW, RunState.FAILED);
        failing.clear();
        bench.write("mine.txt", "m\nn\n");
        String edited = FLOW.replaceFirst("\\\"\\$\\{\\{ steps.list.outputs.all }}\\\"", "mine.txt");
        assertThat(finish(edited, RunState.SUCCEEDED))
                .containsExactly("align.1", "align.2", "align.3", "all", "trim.1", "trim.2");
    }

    @Test
    void becomesAndCeasesToBeAList() throws Exception {
        String listOnly = FLOW.replace("{lines: \"${{ steps.list.outputs.all }}\"}", "[a, b]");
        failing.add("all");
        assertThat(finish(listOnly, RunState.FAILED))
                .contains("align.2", "trim.2")
                .doesNotContain("trim.3");
        assertThat(finish(FLOW, RunState.FAILED))
                .containsExactly("align.1", "align.2", "align.3", "all", "trim.1", "trim.2", "trim.3");
        failing.clear();
        assertThat(finish(listOnly, RunState.SUCCEEDED))
                .containsExactly("align.1", "align.2", "all", "trim.1", "trim.2");
    }

    @Test
    void isSkippedWhereThereIsNothing() throws Exception {
        listed = "\n";
        Bench.Running run = bench.start(bench.flow(FLOW));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).extracting(FakeStep::id).containsExactly("list", "all");
        assertThat(run.step("trim").message()).isEqualTo("its matrix has no values");
    }

    @Test
    void isSkippedWhereItsSourceFailedAndDecidedByTheResume() throws Exception {
        bench.engine().program("list", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow(FLOW));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("align").state()).isEqualTo(StepState.SKIPPED);
        assertThat(run.step("align").message()).contains("step list", "did not succeed");
        bench.engine().program("list", step -> {
            bench.write("all.txt", "x\n");
            step.succeed();
        });
        assertThat(finish(FLOW, RunState.SUCCEEDED)).containsExactly("align.1", "all", "list", "trim.1");
    }

    @Test
    void failsAndSaysWhyWhereTheValuesCannotBeRead() throws Exception {
        Bench.Running run = bench.start(bench.flow(FLOW.replace("lines:", "json:")));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("trim").message()).contains("the values of \"s\" cannot be read", "all.txt: not JSON");
    }

    @Test
    void isKnownToANewRunnerHoweverTheOldOneEnded() throws Exception {
        bench.engine().program("trim.2", step -> {});
        Bench.Running run = bench.start(bench.flow(FLOW));
        FakeStep started = bench.engine().nextStart();
        while (!started.id().equals("trim.2")) {
            started = bench.engine().nextStart();
        }
        started.publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        bench.engine().program("trim.2", this::end);
        assertThat(finish(FLOW, RunState.SUCCEEDED))
                .contains("trim.2", "align.2", "all")
                .doesNotContain("list");
    }

    @Test
    void takesFilesThatMatch() throws Exception {
        bench.write("b.fq", "");
        bench.write("a.fq", "");
        Files.createDirectory(folder.resolve("c.fq"));
        String flow = """
                name: n
                steps:
                  - id: other
                    strategy: {matrix: {f: {glob: "*.fq"}}}
                    run: ["count ${{ matrix.f }}"]
                """;
        assertThat(finish(flow, RunState.SUCCEEDED)).containsExactly("other.1", "other.2");
        assertThat(bench.engine().starts())
                .extracting(step -> step.launch().command().get(0))
                .containsExactlyInAnyOrder("count a.fq", "count b.fq");
    }
}
