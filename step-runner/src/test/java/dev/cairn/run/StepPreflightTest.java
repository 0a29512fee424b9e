package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would make a late step fail is found before the first one starts, and no run is made. */
class StepPreflightTest {
    @TempDir
    private Path folder;

    private Bench bench;

    @BeforeEach
    void open() {
        bench = new Bench(folder);
    }

    private List<String> problems(String yaml) throws Exception {
        OpenResult opening = bench.runner().run(bench.flow(yaml));
        assertThat(opening).isInstanceOf(OpenResult.Invalid.class);
        assertThat(bench.engine().starts()).isEmpty();
        assertThat(folder.resolve(".cairn/runs")).isEmptyDirectory();
        return ((OpenResult.Invalid) opening)
                .problems().stream()
                        .map(problem -> problem.place().position().line() + ": " + problem.message())
                        .toList();
    }

    private void runs(String yaml) throws IOException, InterruptedException, Exception {
        bench.engine().program("first", FakeStep::succeed);
        bench.engine().program("last", FakeStep::succeed);
        bench.start(bench.flow(yaml)).outcome();
    }

    @Test
    void findsASecretThatIsNotSet() throws Exception {
        String yaml = """
                secrets: {TOKEN: {env: NOT_SET_HERE}}
                steps:
                  - {id: first, run: x}
                  - {id: last, run: y, env: {T: "${{ secrets.TOKEN }}"}}
                """;
        assertThat(problems(yaml))
                .singleElement()
                .asString()
                .startsWith("4: the secret \"TOKEN\" has no value: the variable NOT_SET_HERE is not set");
        bench.environment().put("NOT_SET_HERE", "s");
        runs(yaml);
    }

    @Test
    void findsAProgramThatIsNotThere() throws Exception {
        assertThat(problems("""
                steps:
                  - {id: first, run: x}
                  - {id: last, run: [no-such-program, 1]}
                """))
                .singleElement()
                .asString()
                .startsWith("3: step last: there is no program \"no-such-program\" in PATH");
        runs("""
                steps:
                  - {id: first, run: x}
                  - {id: last, run: [./made-by-first, 1]}
                """);
    }

    @Test
    void findsAValueThatAScriptRefuses() throws Exception {
        assertThat(problems("""
                inputs: {title: {default: a b}}
                steps:
                  - {id: first, run: x}
                  - {id: last, run: "echo ${{ inputs.title }}"}
                """))
                .singleElement()
                .asString()
                .startsWith("4: the value \"a b\" of inputs.title has a space");
    }

    @Test
    void findsAFolderThatIsNotThereUnlessAnEarlierStepMayMakeIt() throws Exception {
        assertThat(problems("steps: [{id: first, run: x, working_directory: nowhere}]"))
                .singleElement()
                .asString()
                .contains("step first: there is no folder " + folder.resolve("nowhere"));
        runs("""
                steps:
                  - {id: first, run: mkdir made}
                  - {id: last, run: y, working_directory: made}
                """);
    }

    @Test
    void leavesAloneWhatIsSkippedOrDependsOnAResult() throws Exception {
        Files.writeString(folder.resolve("o"), "");
        runs("""
                inputs: {full: {type: boolean, default: false}}
                secrets: {TOKEN: {env: NOT_SET_HERE}}
                steps:
                  - {id: first, run: x, outputs: {o: o}}
                  - {id: last, run: ["${{ read(steps.first.outputs.o) }}"]}
                  - {id: never, if: inputs.full, run: [no-such-program], env: {T: "${{ secrets.TOKEN }}"}}
                """);
        assertThat(bench.engine().starts()).extracting(FakeStep::id).containsExactly("first", "last");
    }

    @Test
    void isNotAskedOfARunThatIsResumed() throws Exception {
        String yaml = """
                secrets: {TOKEN: {env: WAS_SET_HERE}}
                steps:
                  - {id: first, run: x, env: {T: "${{ secrets.TOKEN }}"}}
                  - {id: last, run: y}
                """;
        bench.environment().put("WAS_SET_HERE", "s");
        bench.engine().program("first", FakeStep::succeed);
        bench.engine().program("last", step -> step.fail(1));
        bench.start(bench.flow(yaml)).outcome();
        bench.environment().remove("WAS_SET_HERE");
        bench.engine().program("last", FakeStep::succeed);
        bench.start(bench.flow(yaml)).outcome();
        assertThat(bench.engine().starts()).extracting(FakeStep::id).containsExactly("first", "last", "last");
    }
}
