package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be wrong with workflow files that use others. */
class PartsTest {
    private static final String PART = """
            inputs: {sample: {required: true}, n: {type: integer, default: 2}}
            outputs: {bam: "${{ steps.sort.outputs.bam }}"}
            steps:
              - {id: sort, run: "sort ${{ inputs.sample }}", outputs: {bam: "${{ inputs.sample }}.bam"}}
            """;

    @TempDir
    private Path folder;

    private List<String> problems(String step) throws IOException {
        return problems(step, PART);
    }

    private List<String> problems(String step, String part) throws IOException {
        Files.writeString(folder.resolve("part.yaml"), part);
        Path file = Files.writeString(folder.resolve("flow.yaml"), "steps:\n  - " + step + "\n");
        return Workflows.read(file).problems().stream().map(this::shown).toList();
    }

    private String shown(Problem problem) {
        return problem.toString().replace(folder + "/", "");
    }

    @Test
    void isRightWithWhatTheFileAsksFor() throws IOException {
        assertThat(problems("{id: s, uses: ./part.yaml, with: {sample: a, n: 3}}"))
                .isEmpty();
    }

    @Test
    void needsTheFile() throws IOException {
        assertThat(problems("{uses: ./prat.yaml}"))
                .containsExactly("flow.yaml:2:12: steps[0].uses: there is no workflow file prat.yaml");
    }

    @Test
    void givesWhatIsAskedForAndNothingElse() throws IOException {
        assertThat(problems("{uses: ./part.yaml, with: {smaple: a, n: many}}"))
                .containsExactly(
                        "flow.yaml:2:12: steps[0].uses: ./part.yaml has no input \"smaple\"; did you mean \"sample\"?",
                        "flow.yaml:2:12: steps[0].uses: the input \"n\" is a whole number, not \"many\"",
                        "flow.yaml:2:12: steps[0].uses: the input \"sample\" of ./part.yaml is required: give it under \"with\"");
    }

    @Test
    void hasNothingOfItsOwnThatTheFileSays() throws IOException {
        assertThat(problems("{uses: ./part.yaml, with: {sample: a}, timeout: 3m, outputs: {x: y}}"))
                .hasSize(2)
                .allMatch(line -> line.contains("write it in that file"));
    }

    @Test
    void tellsTheProblemsOfTheFileWithItsName() throws IOException {
        assertThat(problems("{uses: ./part.yaml, with: {sample: a}}", PART.replace("id: sort", "id: srot")))
                .containsExactly("part.yaml:2:27: outputs.bam: steps has no \"sort\"; did you mean \"srot\"?");
    }

    @Test
    void cannotUseItself() throws IOException {
        assertThat(problems("{uses: ./part.yaml}", "steps: [{uses: part.yaml}]"))
                .containsExactly("part.yaml:1:16: steps[0].uses: part.yaml would use itself");
    }

    @Test
    void refersToOutputsThatTheFileHas() throws IOException {
        assertThat(problems("{id: s, uses: ./part.yaml, with: {sample: a}}\n  - run: x ${{ steps.s.outputs.bma }}"))
                .containsExactly(
                        "flow.yaml:3:32: steps[1].run: step \"s\" has no output \"bma\"; did you mean \"bam\"?");
    }

    @Test
    void aMatrixNeedsOutputsThatDiffer() throws IOException {
        String step = "{uses: ./part.yaml, with: {sample: a}, strategy: {matrix: {v: [1, 2]}}}";
        assertThat(problems(step)).isEmpty();
        assertThat(problems(step, PART.replace("\"${{ inputs.sample }}.bam\"", "out.bam")))
                .containsExactly(
                        "flow.yaml:2:12: steps[0].uses: every instance of the matrix would write the outputs of"
                                + " the step in line 4 of ./part.yaml; name one of its inputs or ${{ step.index }} in their paths");
        assertThat(problems(step, PART.replace("id: sort,", "id: sort, strategy: {matrix: {w: [1]}},")))
                .anyMatch(line -> line.contains("since a step in it has a matrix of its own (line 4)"));
    }

    @Test
    void noStepOfItHasTheIdOfTheDecision() throws IOException {
        assertThat(problems("{uses: ./part.yaml}", "steps: [{id: if, run: x}]"))
                .containsExactly("flow.yaml:2:12: steps[0].uses: no step of ./part.yaml can have the id \"if\"");
    }

    @Test
    void oneTextHoldsAllFilesAsTheyAre() throws IOException {
        Files.createDirectories(folder.resolve("sub"));
        Files.writeString(folder.resolve("sub/a.yml"), "steps: [{uses: ../b.yaml}]");
        Files.writeString(folder.resolve("b.yaml"), "steps: [{run: b}]\n\n");
        Path file = Files.writeString(folder.resolve("flow.yaml"), "steps: [{uses: sub/a.yml}]\n");
        String text = WorkflowText.gather(file, (part, by) -> Files.readString(part));
        assertThat(WorkflowText.split(text, file))
                .containsOnlyKeys(file, folder.resolve("sub/a.yml"), folder.resolve("b.yaml"));
        assertThat(WorkflowText.split(text, file))
                .containsValues("steps: [{uses: sub/a.yml}]\n", "steps: [{uses: ../b.yaml}]", "steps: [{run: b}]\n\n");
        assertThat(Workflows.read(text, file).problems()).isEmpty();
    }
}
