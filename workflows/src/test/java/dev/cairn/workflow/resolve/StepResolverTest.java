package dev.cairn.workflow.resolve;

import static dev.cairn.workflow.Texts.CLOCK;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.Texts;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepResolverTest {

    @TempDir
    Path folder;

    private final Map<String, StepResult> results = new HashMap<>();
    private final Map<String, String> inherited = new HashMap<>();

    private Plan plan(String yaml, Map<String, String> inputs) {
        return Workflows.plan(Workflows.read(yaml, folder.resolve("flow.yaml")).orElseThrow(), inputs, CLOCK)
                .orElseThrow();
    }

    private StepResolver resolver(Plan plan) {
        RunContext run = new RunContext("r-1", folder.resolve("runs/r-1/work"), folder.resolve("flow.yaml"));
        return new StepResolver(plan, run, id -> requireNonNull(results.get(id), id), inherited, Files::readAllBytes);
    }

    private Result<ResolvedStep> resolve(String yaml, Map<String, String> inputs) {
        Plan plan = plan(yaml, inputs);
        PlanStep last = plan.steps().get(plan.steps().size() - 1);
        return resolver(plan).resolve(last, last.matrix().instances().get(0));
    }

    private ResolvedStep resolve(String yaml) {
        return resolve(yaml, Map.of()).orElseThrow();
    }

    private List<String> problems(String yaml, Map<String, String> inputs) {
        return resolve(yaml, inputs).problems().stream().map(Texts::withoutFile).toList();
    }

    private static String last(List<String> words) {
        return words.get(words.size() - 1);
    }

    @Test
    void putsHarmlessValuesIntoAScript() {
        ResolvedStep step = resolve(
                        "inputs: {a: {}}\nsteps: [{run: \"x ${{ inputs.a }} $HOME ${b} y\"}]",
                        Map.of("a", "Zürich_1./:=@%+,-"))
                .orElseThrow();

        assertThat(step.command())
                .containsExactly(
                        "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "x Zürich_1./:=@%+,- $HOME ${b} y");
    }

    @Test
    void refusesAnyOtherValueAndNamesTheWay() {
        String yaml = "inputs: {a: {}}\nsteps: [{run: \"x ${{ inputs.a }}\"}]";

        assertThat(problems(yaml, Map.of("a", "$(rm -rf)")))
                .containsExactly(
                        "2:22: steps[0].run: the value \"$(rm -rf)\" of inputs.a has $ in it, which a script can"
                                + " take for something else; hand it over as a variable, env: {X: \"${{ inputs.a }}\"}, and write"
                                + " \"$X\"");
        for (String harmful :
                List.of("a b", "a\nb", "'", "\"", "`", "\\", ";", "*", "~", "{", "#", "!", "\u0085", "\u00a0")) {
            assertThat(problems(yaml, Map.of("a", harmful))).as(harmful).hasSize(1);
        }
    }

    @Test
    void namesTheFunctionWhoseValueIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "two words");
        assertThat(problems(
                        "inputs: {a: {}}\nsteps: [{run: \"x ${{ read(inputs.a) }}\"}]", Map.of("a", file.toString())))
                .singleElement()
                .asString()
                .contains("of read(inputs.a) has a space in it", "env: {X: \"${{ read(inputs.a) }}\"}");
    }

    @Test
    void takesTheOutputOfTheInstanceWithTheSameValues() {
        Plan plan = plan("""
                        steps:
                          - id: trim
                            strategy: {matrix: {sample: [s1, s2, s3], exclude: [{sample: s3}]}}
                            outputs: {fq: "${{ matrix.sample }}"}
                            run: x
                          - id: align
                            strategy: {matrix: {genome: [g], sample: [s2, s3, s1]}}
                            run: [x, "${{ steps.trim.outputs.fq }}", "${{ steps.trim.outputs.fq[*] }}",
                                  "${{ steps.trim.outputs['fq'][0] }}"]
                          - id: other
                            strategy: {matrix: {genome: [g]}}
                            run: [x, "${{ steps.trim.outputs.fq }}"]
                        """, Map.of());
        Path one = folder.resolve("out1");
        results.put("trim", new StepResult("succeeded", List.of(Map.of("fq", one.toString()), Map.of())));
        PlanStep align = plan.steps().get(1);

        List<List<String>> commands = align.matrix().instances().stream()
                .map(instance ->
                        resolver(plan).resolve(align, instance).orElseThrow().command())
                .toList();
        String first = one.toString();
        assertThat(commands)
                .containsExactly(
                        List.of("x", "", first, first),
                        List.of("x", "", first, first),
                        List.of("x", first, first, first));
        PlanStep other = plan.steps().get(2);
        assertThat(resolver(plan)
                        .resolve(other, other.matrix().instances().get(0))
                        .orElseThrow()
                        .command())
                .containsExactly("x", first);
    }

    @Test
    void putsAnyValueIntoTheWordsOfACommandAndIntoVariables() {
        ResolvedStep step = resolve("""
                        inputs: {a: {}}
                        env: {A: "<${{ inputs.a }}>"}
                        steps: [{run: [echo, "${{ inputs.a }}", "--b=${{ inputs.a }}"]}]
                        """, Map.of("a", "two words; $x")).orElseThrow();

        assertThat(step.command()).containsExactly("echo", "two words; $x", "--b=two words; $x");
        assertThat(step.environment()).containsExactly(Map.entry("A", "<two words; $x>"));
    }

    @Test
    void givesThePathsOfOutputsAndOfAMatrixAListOfThem() {
        String yaml = """
                steps:
                  - {id: one, run: x, outputs: {rows: rows.txt}}
                  - id: many
                    run: x
                    strategy: {matrix: {i: [1, 2, 3]}}
                    outputs: {part: "part-${{ matrix.i }}"}
                  - id: join
                    run: cat ${{ steps.one.outputs.rows }} ${{ steps.many.outputs.part }} ${{ steps.many.outputs.part[1] }}
                """;
        results.put("one", new StepResult("succeeded", List.of(Map.of("rows", "/w/rows.txt"))));
        results.put(
                "many", new StepResult("succeeded", List.of(Map.of("part", "/w/1"), Map.of(), Map.of("part", "/w/3"))));

        assertThat(last(resolve(yaml).command())).isEqualTo("cat /w/rows.txt /w/1 /w/3 /w/3");
    }

    @Test
    void spreadsAListOverWords() {
        String yaml = """
                steps:
                  - {id: m, run: x, strategy: {matrix: {i: [1, 2]}}, outputs: {o: "${{ matrix.i }}"}}
                  - run: [cat, "${{ steps.m.outputs.o }}", end]
                """;
        results.put("m", new StepResult("succeeded", List.of(Map.of("o", "/a b"), Map.of("o", "/c"))));

        assertThat(resolve(yaml).command()).containsExactly("cat", "/a b", "/c", "end");
    }

    @Test
    void resolvesPathsFromTheFolderOfTheFileAndTheWorkingDirectory() {
        ResolvedStep step = resolve("""
                defaults: {working_directory: "sub/${{ step.id }}"}
                steps:
                  - run: x
                    stdin: in.txt
                    outputs: {a: a.txt, b: /abs/b.txt}
                    artifacts: plots/../plots
                    rollback: {tree: [state, "${{ run.dir }}"]}
                """);

        Path directory = folder.resolve("sub/step-1");
        assertThat(step.workingDirectory()).isEqualTo(directory);
        assertThat(step.standardInput()).isEqualTo(directory.resolve("in.txt"));
        assertThat(step.outputs())
                .containsEntry("a", directory.resolve("a.txt"))
                .containsEntry("b", Path.of("/abs/b.txt"));
        assertThat(step.artifacts()).containsExactly(directory.resolve("plots"));
        assertThat(step.rollbackTrees())
                .containsExactly(
                        directory.resolve("a.txt"),
                        Path.of("/abs/b.txt"),
                        directory.resolve("plots"),
                        folder.resolve("runs/r-1/work"),
                        directory.resolve("state"));
    }

    @Test
    void readsNothingAndRollsTheRunFolderBackByDefault() {
        ResolvedStep step = resolve("steps: [{run: x}]");

        assertThat(step.standardInput()).isEqualTo(Path.of("/dev/null"));
        assertThat(step.workingDirectory()).isEqualTo(folder);
        assertThat(step.rollbackTrees()).containsExactly(folder.resolve("runs/r-1/work"));
    }

    @Test
    void laysEnvironmentsOverOneAnother() throws IOException {
        Files.writeString(folder.resolve("base.env"), "# c\nA=file\nexport B='x y'\nC=\"l1\\nl2\"\n\nD= z \n");
        ResolvedStep step = resolve("""
                env_file: base.env
                env: {A: workflow, W: 1}
                defaults: {env: {W: "${{ env.W }}2", E: "${{ env.B }}"}}
                steps: [{run: "echo ${{ env.W }}", env: {W: "${{ env.W }}3"}}]
                """);

        assertThat(step.environment())
                .containsOnly(
                        Map.entry("A", "workflow"),
                        Map.entry("B", "x y"),
                        Map.entry("C", "l1\nl2"),
                        Map.entry("D", "z"),
                        Map.entry("W", "123"),
                        Map.entry("E", "x y"));
        assertThat(last(step.command())).isEqualTo("echo 123");
    }

    @Test
    void takesNoVariableOutOfTheMiddleOfAnother() throws IOException {
        Files.writeString(folder.resolve("zero.env"), "A=1\0LD_PRELOAD=evil.so\n");
        assertThat(problems("env_file: zero.env\nsteps: [{run: x}]", Map.of()))
                .containsExactly(
                        "1:11: env_file: cannot read zero.env: line 1 has a zero byte in it, which no variable can hold");
    }

    @Test
    void saysWhichLineOfAnEnvFileIsBroken() throws IOException {
        Files.writeString(folder.resolve("bad.env"), "A=1\nnot a variable\n");

        assertThat(problems("env_file: [bad.env, none.env]\nsteps: [{run: x}]", Map.of()))
                .containsExactly(
                        "1:12: env_file[0]: cannot read bad.env: line 2 is not NAME=VALUE",
                        "1:21: env_file[1]: cannot read none.env: there is no such file");
    }

    @Test
    void takesSecretsFromVariablesAndFilesAndMarksWhatHoldsThem() throws IOException {
        Files.writeString(folder.resolve("key"), "k-1\n");
        inherited.put("PROD", "p-1");
        ResolvedStep step = resolve("""
                secrets: {TOKEN: {env: PROD}, KEY: {file: key}, OTHER: {env: NOT_THERE}}
                env: {T: "Bearer ${{ secrets.TOKEN }}"}
                steps: [{run: x, env: {K: "${{ secrets.KEY }}", BOTH: "${{ env.T }}", PLAIN: 1}}]
                """);

        assertThat(step.environment()).containsEntry("T", "Bearer p-1").containsEntry("K", "k-1");
        assertThat(step.secrets()).containsOnly("T", "K", "BOTH");
        assertThat(step.identity().ingredients().values())
                .noneMatch(text -> text.contains("p-1") || text.contains("k-1"));
        assertThat(step.identity().ingredients()).containsEntry("env.PLAIN", "1");
    }

    @Test
    void isAnotherStepOnAnotherProcessor() {
        assertThat(resolve("steps: [{run: x, cpu: baseline}]").identity().ingredients())
                .containsEntry("cpu", "baseline");
        assertThat(resolve("steps: [{run: x, cpu: native}]").identity())
                .isEqualTo(resolve("steps: [{run: x}]").identity());
    }

    @Test
    void quotesNoSecretInAMessage() {
        inherited.put("PROD", "s3cr3t");
        assertThat(problems("""
                        secrets: {TOKEN: {env: PROD}}
                        steps: [{run: x, env: {A: "${{ read(secrets.TOKEN) }}"}}]
                        """, Map.of()))
                .containsExactly("2:32: steps[0].env.A: cannot read ***: there is no such file");
    }

    @Test
    void saysWhichSecretIsNotThere() {
        assertThat(problems("""
                        secrets: {TOKEN: {env: PROD}, KEY: {file: key}}
                        steps: [{run: x, env: {A: "${{ secrets.TOKEN }}", B: "${{ secrets.KEY }}"}}]
                        """, Map.of()))
                .containsExactly(
                        "2:40: steps[0].env.A: the secret \"TOKEN\" has no value: the variable PROD is not set",
                        "2:67: steps[0].env.B: the secret \"KEY\" has no value: the file key cannot be read: there is no such file");
    }

    @Test
    void knowsTheContextsOfTheRun() {
        ResolvedStep step = resolve("""
                name: my-flow
                steps:
                  - id: s
                    strategy: {matrix: {x: [7, 8]}}
                    run: ["${{ run.id }}", "${{ run.dir }}", "${{ workflow.name }}", "${{ workflow.dir }}",
                          "${{ workflow.file }}", "${{ step.id }}", "${{ step.index }}/${{ step.count }}", "${{ matrix.x }}"]
                """);

        assertThat(step.command())
                .containsExactly(
                        "r-1",
                        folder.resolve("runs/r-1/work").toString(),
                        "my-flow",
                        folder.toString(),
                        folder.resolve("flow.yaml").toString(),
                        "s.1",
                        "1/2",
                        "7");
    }

    @Test
    void asksConditionsPerInstance() throws IOException {
        Files.writeString(folder.resolve("changed"), "yes\n");
        Plan plan = plan("""
                steps:
                  - {id: a, run: x, outputs: {changed: changed}}
                  - {id: m, if: matrix.i > 1, strategy: {matrix: {i: [1, 2]}}, run: x}
                  - {id: read, if: "read(steps.a.outputs.changed) == 'yes'", run: x}
                  - {id: failed, if: failure(), run: x}
                """, Map.of());
        results.put(
                "a",
                new StepResult(
                        "succeeded",
                        List.of(Map.of("changed", folder.resolve("changed").toString()))));
        StepResolver resolver = resolver(plan);
        PlanStep matrix = Texts.step(plan, "m");
        Upstream failed = new Upstream(true, false);

        assertThat(matrix.matrix().instances())
                .extracting(instance ->
                        resolver.runs(matrix, instance, Upstream.WELL).orElseThrow())
                .containsExactly(false, true);
        assertThat(runs(resolver, Texts.step(plan, "read"), Upstream.WELL)).isTrue();
        assertThat(runs(resolver, Texts.step(plan, "read"), failed)).isFalse();
        assertThat(runs(resolver, Texts.step(plan, "failed"), Upstream.WELL)).isFalse();
        assertThat(runs(resolver, Texts.step(plan, "failed"), failed)).isTrue();
    }

    @Test
    void runsTheStepsOfTheEndThoughThingsWentWrong() {
        Plan plan = plan("""
                steps: [{run: x}]
                on_failure:
                  - run: x
                  - {run: x, if: workflow.name == 'other'}
                  - {run: x, if: workflow.name == 'flow'}
                finally:
                  - {run: x, if: success()}
                """, Map.of());
        StepResolver resolver = resolver(plan);
        Upstream failed = new Upstream(true, false);

        assertThat(plan.onFailure())
                .extracting(step -> runs(resolver, step, failed))
                .containsExactly(true, false, true);
        assertThat(runs(resolver, plan.atEnd().get(0), failed)).isFalse();
    }

    private static boolean runs(StepResolver resolver, PlanStep step, Upstream upstream) {
        return resolver.runs(step, step.matrix().instances().get(0), upstream).orElseThrow();
    }

    @Test
    void givesNothingForTheOutputsOfAStepThatWasSkipped() {
        results.put("a", new StepResult("skipped", List.of(Map.of())));

        assertThat(last(resolve("""
                                steps:
                                  - {id: a, run: x, outputs: {o: o.txt}}
                                  - run: x ${{ steps.a.outputs.o || 'none' }} ${{ steps.a.status }}
                                """).command())).isEqualTo("x none skipped");
    }

    @Test
    void resolvesWhatUsesIsTold() {
        Plan plan = plan("""
                steps:
                  - {uses: airflow, with: {connection: prod, dag: d, conf: {run: "${{ run.id }}", n: [1, true, x]}}}
                """, Map.of());
        PlanStep step = plan.steps().get(0);

        Map<String, Value> with = resolver(plan)
                .parameters(step, step.matrix().instances().get(0))
                .orElseThrow();
        assertThat(with.get("conf"))
                .isEqualTo(new Value.Fields(Map.of(
                        "run", new Value.Text("r-1"),
                        "n",
                                new Value.Items(
                                        List.of(new Value.Number(1), new Value.Bool(true), new Value.Text("x"))))));
    }

    @Test
    void identityChangesWithCommandEnvironmentInputsAndEngineOnly() {
        String yaml = """
                inputs: {a: {default: 1}}
                steps: [{run: x, env: {E: 1}, timeout: 1h}]
                """;
        StepIdentity identity = resolve(yaml).identity();

        assertThat(resolve(yaml.replace("1h", "2h")).identity()).isEqualTo(identity);
        assertThat(resolve(yaml.replace("run: x", "run: y")).identity()).isNotEqualTo(identity);
        assertThat(resolve(yaml.replace("E: 1", "E: 2")).identity()).isNotEqualTo(identity);
        assertThat(resolve(yaml.replace("default: 1", "default: 2")).identity()).isNotEqualTo(identity);
        assertThat(resolve(yaml.replace("timeout: 1h", "checkpoint: {engine: none}"))
                        .identity())
                .isNotEqualTo(identity);
    }

    @Test
    void findsTheScriptsThatACommandNames() throws IOException {
        Files.writeString(folder.resolve("train.py"), "pass");
        Files.writeString(folder.resolve("tool"), "#!/bin/sh\n");
        Files.writeString(folder.resolve("data.csv"), "1,2");
        Files.writeString(folder.resolve("made.sh"), "echo");
        Files.createDirectory(folder.resolve("dir.py"));

        ResolvedStep step = resolve("""
                steps:
                  - run: |
                      if python3 train.py --in=x data.csv; then "./tool"|cat; fi
                      /bin/sh made.sh dir.py missing.py
                    outputs: {made: made.sh}
                """);

        assertThat(step.identity().scripts()).containsExactly(folder.resolve("train.py"), folder.resolve("tool"));
    }

    @Test
    void runsOtherShells() {
        assertThat(resolve("steps: [{run: x, shell: sh}]").command()).containsExactly("sh", "-e", "-c", "x");
        assertThat(resolve("steps: [{run: x, shell: python}]").command()).containsExactly("python3", "-c", "x");
        assertThat(resolve("steps: [{run: x, shell: \"perl -w -e {script}\"}]").command())
                .containsExactly("perl", "-w", "-e", "x");
    }

    @Test
    void givesTheAppEngineItsResumeCommand() {
        ResolvedStep step = resolve(
                "steps: [{run: x, checkpoint: {engine: app, files: [s.cpt], resume_run: \"x -cpi ${{ step.id }}\"}}]");

        assertThat(last(step.resumeCommand().orElseThrow())).isEqualTo("x -cpi step-1");
    }

    @Test
    void loadsModulesBeforeTheCommandAndSaysWhenOneCannotBe() throws Exception {
        Files.createDirectories(folder.resolve("modules/init"));
        Files.writeString(folder.resolve("modules/init/bash"), """
                module() {
                  if [ "$1" = is-loaded ]; then [ "$2" != missing ]; else LOADED="$LOADED $2"; export LOADED; fi
                }
                """);
        String yaml = "steps: [{modules: [NAME], run: 'echo \"$LOADED\" $# \"$@\"'}]";

        assertThat(run(resolve(yaml.replace("NAME", "gcc/12, NAMD/2.12")).command()))
                .isEqualTo("0:  gcc/12 NAMD/2.12 0\n");
        assertThat(run(resolve(yaml.replace("NAME", "gcc/12, missing")).command()))
                .isEqualTo("127: cairn: cannot load the module missing\n");
    }

    private String run(List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("BASH_FUNC_") || name.startsWith("LMOD"));
        builder.environment().put("MODULESHOME", folder.resolve("modules").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() + ": " + output;
    }

    private Result<Limits> limits(String yaml, int attempt) {
        Plan plan = plan(yaml, Map.of());
        PlanStep last = plan.steps().get(plan.steps().size() - 1);
        return resolver(plan).limits(last, last.matrix().instances().get(1), attempt);
    }

    private static final String LIMITED = """
            inputs: {hours: {default: 2}}
            steps:
              - run: x
                strategy: {matrix: {size: [1, 4]}}
                timeout: ${{ inputs.hours * step.attempt }}h
                resources: {cpus: "${{ matrix.size / 2 }}", memory: "${{ matrix.size * step.attempt }}G"}
            """;

    @Test
    void computesWhatEachTryMayTake() {
        assertThat(limits(LIMITED, 1).orElseThrow())
                .isEqualTo(new Limits(Optional.of(Duration.ofHours(2)), 2, 4L << 30));
        assertThat(limits(LIMITED, 3).orElseThrow())
                .isEqualTo(new Limits(Optional.of(Duration.ofHours(6)), 2, 12L << 30));
    }

    @Test
    void namesALimitThatComesToNothingFit() {
        assertThat(limits(LIMITED.replace("}}h", "}} hours"), 1).problems())
                .singleElement()
                .asString()
                .contains("5:14: steps[0].timeout: expected a duration such as 30s, 10m or 1h30m, found \"2 hours\"");
        assertThat(limits(LIMITED.replace("}}h", "}}h\n    checkpoint: {before_timeout: 3h}"), 1)
                        .problems())
                .singleElement()
                .asString()
                .contains("\"before_timeout\" must be shorter than the timeout of 2h");
    }
}
