package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a person gets whose workflow file is wrong: every problem with its place, nothing started, exit code 2. */
final class BadWorkflowTest {
    @TempDir
    Path folder;

    static Stream<Arguments> wrongFiles() {
        return Stream.of(
                Arguments.of("broken YAML", "steps: [\n", "flow.yaml:2:1: "),
                Arguments.of("an empty file", "", "flow.yaml:1:1: the file is empty"),
                Arguments.of(
                        "an unknown key",
                        "steps:\n  - run: echo\n    retri: {max: 3}\n",
                        "flow.yaml:3:5: steps[0].retri: unknown key; did you mean \"retry\"?"),
                Arguments.of(
                        "a wrong type",
                        "steps:\n  - run: echo\n    timeout: soon\n",
                        "flow.yaml:3:14: steps[0].timeout: "),
                Arguments.of("a step without a command", "steps:\n  - id: a\n", "flow.yaml:2:5: steps[0]: "),
                Arguments.of(
                        "a reference to no step",
                        "steps:\n  - run: echo\n    needs: [b]\n",
                        "flow.yaml:3:13: steps[0].needs[0]: there is no step \"b\""),
                Arguments.of(
                        "a cycle",
                        "steps:\n  - {id: a, run: echo, needs: [b]}\n  - {id: b, run: echo, needs: [a]}\n",
                        "flow.yaml:2:"),
                Arguments.of(
                        "an output of no step",
                        "steps:\n  - run: echo ${{ steps.zz.outputs.r }}\n",
                        "flow.yaml:2:25: steps[0].run: "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    void saysWhereAFileIsWrong(String what, String text, String problem) throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), text);
        for (String command : new String[] {"validate", "plan"}) {
            Outcome outcome = CairnProcess.run(folder, command, "flow.yaml");
            assertThat(outcome.err()).as(what).startsWith(problem).contains("cairn: flow.yaml: 1 problem\n");
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.exitCode()).isEqualTo(2);
        }
        assertThat(folder.resolve(".cairn")).doesNotExist();
    }

    @Test
    void saysAllProblemsAtOnce() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), "nam: x\nsteps:\n  - runn: echo\n    needs: [q]\n");
        Outcome outcome = CairnProcess.run(folder, "validate", "--json", "flow.yaml");
        assertThat(outcome.out())
                .startsWith(
                        "{\"valid\":false,\"problems\":[{\"file\":\"flow.yaml\",\"line\":1,\"column\":1,\"path\":\"nam\",")
                .contains("steps[0].runn", "steps[0].needs[0]");
        assertThat(outcome.exitCode()).isEqualTo(2);
    }

    @Test
    void namesAFileThatIsNotThereOrIsAFolder() throws Exception {
        assertThat(CairnProcess.run(folder, "validate", "nope.yaml").err())
                .isEqualTo("cairn: nope.yaml: no such workflow file\n");
        assertThat(CairnProcess.run(folder, "validate", ".").err())
                .isEqualTo("cairn: .: not a file; name the workflow file itself\n");
    }

    @Test
    void refusesAValueThatAnInputCannotHave() throws Exception {
        Files.writeString(
                folder.resolve("flow.yaml"),
                "inputs:\n  to: {type: integer, default: 7}\nsteps:\n  - run: seq ${{ inputs.to }}\n");
        assertThat(CairnProcess.run(folder, "plan", "flow.yaml", "--input", "to=many")
                        .err())
                .contains("flow.yaml:2:23: inputs.to: --input to=many: this input is a whole number\n");
        assertThat(CairnProcess.run(folder, "plan", "flow.yaml", "--input", "too=1")
                        .err())
                .contains("too");
        assertThat(CairnProcess.run(folder, "plan", "flow.yaml", "--input", "to")
                        .exitCode())
                .isEqualTo(2);
    }
}
