package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.files.TreeRemoval;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.retention.Garbage;
import dev.cairn.run.retention.KeepRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps with {@code cache}: what an earlier success has left is taken only while all that it depends on is as it was. */
class ReuseTest {
    /** a reads in.txt, b reads what a leaves; each leaves what it reads, with a letter more. */
    private static final String FLOW = """
            name: n
            inputs:
              source: {type: string, default: in.txt}
              other: {type: string, default: x}
            steps:
              - {id: a, run: "a ${{ inputs.source }}", cache: true, outputs: {o: "${{ run.dir }}/a.out"}}
              - {id: b, run: "b ${{ steps.a.outputs.o }}", cache: true, outputs: {o: b.out}}
            """;

    @TempDir
    private Path folder;

    private Bench bench;

    @BeforeEach
    void open() {
        bench = new Bench(folder);
        bench.write("in.txt", "1");
        bench.engine().program("a", step -> leave(step, read("in.txt") + "a"));
        bench.engine().program("b", step -> leave(step, read(lastWord(step)) + "b"));
    }

    private static String lastWord(FakeStep step) {
        String script =
                List.copyOf(step.launch().command()).get(step.launch().command().size() - 1);
        return script.substring(script.lastIndexOf(' ') + 1).replace("'", "");
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void leave(FakeStep step, String content) {
        Path file = step.id().equals("a")
                ? Path.of(step.launch().environment().get("CAIRN_RUN_DIR")).resolve("a.out")
                : folder.resolve("b.out");
        leave(step, file, content);
    }

    private static void leave(FakeStep step, Path file, String content) {
        try {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        step.succeed();
    }

    /** The steps that were started. */
    private Set<String> run(WorkflowRequest request) throws Exception {
        int before = bench.engine().starts().size();
        last = bench.start(request);
        assertThat(last().outcome().state()).as(last().outcome().toString()).isEqualTo(RunState.SUCCEEDED);
        List<FakeStep> all = bench.engine().starts();
        return Set.copyOf(
                all.subList(before, all.size()).stream().map(FakeStep::id).toList());
    }

    private Bench.@Nullable Running last;

    private Bench.Running last() {
        return Objects.requireNonNull(last);
    }

    private Set<String> again() throws Exception {
        return run(bench.flow(FLOW).startingNew());
    }

    @Test
    void takesWhatAnEarlierRunHasLeft() throws Exception {
        assertThat(run(bench.flow(FLOW))).containsExactlyInAnyOrder("a", "b");
        String first = last().session().id();
        assertThat(again()).isEmpty();
        StepManifest a = last().step("a");
        assertThat(a.state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(a.attempts()).isEmpty();
        assertThat(a.reusedFrom()).contains(first);
        assertThat(a.message()).contains("those of run " + first);
        // each run has its own folder
        assertThat(Path.of(a.outputs().get("o")))
                .startsWith(last().session().folder().path())
                .hasContent("1a");
        assertThat(read("b.out")).isEqualTo("1ab");
        assertThat(again()).as("not only from a run that has run itself").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"in.txt", "b.out"})
    void runsWhatReadsOrLeftAFileThatWasChanged(String file) throws Exception {
        run(bench.flow(FLOW));
        bench.write(file, "2");
        assertThat(again())
                .containsExactlyInAnyOrder(file.equals("in.txt") ? new String[] {"a", "b"} : new String[] {"b"});
        assertThat(read("b.out")).isEqualTo(file.equals("in.txt") ? "2ab" : "1ab");
    }

    @Test
    void takesItAfterAFileIsAsItWasAgain() throws Exception {
        run(bench.flow(FLOW));
        bench.write("in.txt", "2");
        again();
        bench.write("in.txt", "1");
        assertThat(again()).as("its output was overwritten").containsExactly("b");
    }

    @Test
    void runsWhereAnOutputIsGone() throws Exception {
        run(bench.flow(FLOW));
        Files.delete(folder.resolve("b.out"));
        assertThat(again()).containsExactly("b");
    }

    @Test
    void isForgottenWhereAnOutputIsGone() throws Exception {
        run(bench.flow(FLOW));
        Files.delete(folder.resolve("b.out"));
        CairnHome home = CairnHome.at(folder.resolve(CairnHome.FOLDER));
        Garbage garbage = new Garbage(
                home,
                Clock.systemUTC(),
                new KeepRules(Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), run -> true));
        assertThat(garbage.collect(false)).singleElement().satisfies(item -> {
            assertThat(item.path()).hasParentRaw(home.cache()).doesNotExist();
            assertThat(item.why()).isEqualTo("record of outputs that are gone");
        });
        assertThat(again()).containsExactly("b");
    }

    @Test
    void outlivesTheRunThatHasRunIt() throws Exception {
        run(bench.flow(FLOW));
        RunFolder first = last().session().folder();
        again();
        TreeRemoval.remove(first.path());
        assertThat(again()).isEmpty();
    }

    @Test
    void asksForNoInputThatItDoesNotUse() throws Exception {
        run(bench.flow(FLOW));
        assertThat(run(bench.flow(FLOW).startingNew().withInputs(Map.of("other", "y"))))
                .isEmpty();
        bench.write("other.txt", "1");
        assertThat(run(bench.flow(FLOW).startingNew().withInputs(Map.of("source", "other.txt"))))
                .as("b reads the same as before")
                .containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run: \"a -v ${{", "env: {X: y}, run: \"a ${{"})
    void runsWithAnotherDefinition(String edited) throws Exception {
        run(bench.flow(FLOW));
        assertThat(run(bench.flow(FLOW.replace("run: \"a ${{", edited)).startingNew()))
                .containsExactly("a");
    }

    @Test
    void runsWhatAUserWantsToRun() throws Exception {
        run(bench.flow(FLOW));
        RunFolder run = last().session().folder();
        int before = bench.engine().starts().size();
        last = bench.start(bench.runner().resume(run, ResumeOptions.NONE.from(Set.of("a")), false));
        assertThat(last().outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts().size() - before)
                .as("a, and not b, whose input is as it was")
                .isEqualTo(1);
    }

    @Test
    void remembersNothingThatReadAFileWhichChangedMeanwhile() throws Exception {
        bench.engine().program("a", step -> {
            bench.write("in.txt", "2");
            leave(step, "1a");
        });
        run(bench.flow(FLOW));
        bench.write("in.txt", "1");
        bench.engine().program("a", step -> leave(step, read("in.txt") + "a"));
        assertThat(again()).containsExactly("a");
    }

    @Test
    void remembersNoFailure() throws Exception {
        bench.engine().program("b", step -> step.fail(1));
        assertThat(bench.start(bench.flow(FLOW)).outcome().state()).isEqualTo(RunState.FAILED);
        bench.engine().program("b", step -> leave(step, read(lastWord(step)) + "b"));
        assertThat(again()).containsExactly("b");
    }

    @Test
    void takesTextsAndFoldersToo() throws Exception {
        bench.engine().program("a", step -> {
            try {
                Files.writeString(
                        Path.of(step.launch().environment().get("CAIRN_OUTPUT")),
                        "rows=5\n",
                        StandardOpenOption.CREATE);
                leave(step, Path.of(step.launch().environment().get("CAIRN_RUN_DIR"), "tree/x"), read("data/1.txt"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        bench.engine().program("b", step -> leave(step, lastWord(step)));
        Files.createDirectory(folder.resolve("data"));
        bench.write("data/1.txt", "1");
        String flow = """
                name: n
                steps:
                  - id: a
                    run: a
                    cache: {files: data/*.txt}
                    outputs: {rows: $CAIRN_OUTPUT, tree: "${{ run.dir }}/tree"}
                  - {id: b, run: "b ${{ steps.a.outputs.tree }} ${{ steps.a.outputs.rows }}", cache: true, artifacts: b.out}
                """;
        assertThat(run(bench.flow(flow))).containsExactlyInAnyOrder("a", "b");
        assertThat(run(bench.flow(flow).startingNew())).isEmpty();
        assertThat(last().step("a").texts()).containsEntry("rows", "5");
        assertThat(last().session().folder().work().resolve("tree/x")).hasContent("1");
        bench.write("data/2.txt", "2");
        assertThat(run(bench.flow(flow).startingNew())).containsExactly("a");
        bench.write("data/1.txt", "3");
        assertThat(run(bench.flow(flow).startingNew()))
                .as("b reads another tree")
                .containsExactlyInAnyOrder("a", "b");
    }
}
