package dev.cairn.workflow.plan;

import static dev.cairn.workflow.Texts.plan;
import static dev.cairn.workflow.Texts.problems;
import static dev.cairn.workflow.Texts.problemsOfPlan;
import static dev.cairn.workflow.Texts.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.cairn.workflow.Texts;
import dev.cairn.workflow.spec.Every;
import dev.cairn.workflow.spec.RetryCause;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Shell;
import dev.cairn.workflow.value.Value;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlannerTest {

    @Test
    void letsAStepWithoutNeedsFollowTheOneAboveIt() {
        Plan plan = plan("""
                steps:
                  - run: a
                  - {id: two, run: b}
                  - {needs: [], run: c}
                  - {needs: [two, step-1], run: d}
                  - {needs: step-3, run: e}
                """);

        assertThat(plan.steps())
                .extracting(PlanStep::id, PlanStep::needs)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("step-1", List.of()),
                        org.assertj.core.groups.Tuple.tuple("two", List.of("step-1")),
                        org.assertj.core.groups.Tuple.tuple("step-3", List.of()),
                        org.assertj.core.groups.Tuple.tuple("step-4", List.of("two", "step-1")),
                        org.assertj.core.groups.Tuple.tuple("step-5", List.of("step-3")));
    }

    @Test
    void ordersStepsByNeedsAndOtherwiseAsTheFileDoes() {
        Plan plan = plan("""
                steps:
                  - {id: last, needs: [b, a], run: x}
                  - {id: b, needs: [], run: x}
                  - {id: a, needs: [], run: x}
                """);

        assertThat(plan.steps()).extracting(PlanStep::id).containsExactly("b", "a", "last");
    }

    @Test
    void multipliesAMatrix() {
        Plan plan = plan("""
                steps:
                  - id: m
                    run: x ${{ matrix.os }}
                    strategy:
                      max_parallel: 2
                      fail_fast: false
                      matrix:
                        os: [linux, mac]
                        version: [3.10, 4]
                        exclude: [{os: mac, version: 4}]
                        include:
                          - {os: linux, extra: 1}
                          - {os: bsd, version: 1}
                """);

        Matrix matrix = step(plan, "m").matrix();
        assertThat(matrix.instances().stream()
                        .map(instance -> instance.id() + " " + new Value.Fields(instance.values()).text()))
                .containsExactly(
                        "m.1 os=linux version=3.10 extra=1",
                        "m.2 os=linux version=4 extra=1",
                        "m.3 os=mac version=3.10",
                        "m.4 os=bsd version=1");
        assertThat(matrix.maxParallel()).isEqualTo(2);
        assertThat(matrix.failFast()).isFalse();
    }

    @Test
    void computesHowManyRunAtATime() {
        String yaml = """
                inputs: {n: {default: 2}}
                steps:
                  - run: x
                    strategy: {max_parallel: "${{ inputs.n * 2 }}", matrix: {a: [1, 2, 3, 4, 5, 6, 7]}}
                """;
        assertThat(plan(yaml, Map.of()).steps().get(0).matrix().maxParallel()).isEqualTo(4);
        assertThat(plan(yaml, Map.of("n", "3")).steps().get(0).matrix().maxParallel())
                .isEqualTo(6);
        assertThat(Texts.problemsOfPlan(yaml, Map.of("n", "0")))
                .singleElement()
                .asString()
                .contains("max_parallel: expected a whole number from 1 to 1000000, found \"0\"");
    }

    @Test
    void takesAMatrixFromInputs() {
        String yaml = """
                inputs: {seeds: {default: 1 2}}
                steps:
                  - {id: m, strategy: {matrix: {seed: "${{ inputs.seeds }}"}}, run: x}
                """;

        assertThat(step(plan(yaml), "m").matrix().instances()).hasSize(2);
        assertThat(step(plan(yaml, Map.of("seeds", "1,2, 3")), "m").matrix().instances())
                .extracting(instance -> instance.values().get("seed"))
                .containsExactly(new Value.Text("1"), new Value.Text("2"), new Value.Text("3"));
        assertThat(problemsOfPlan(yaml, Map.of("seeds", " ")))
                .containsExactly("3:24: steps[0].strategy.matrix: the matrix has no value for \"seed\"");
    }

    @Test
    void boundsTheCombinationsOfAMatrix() {
        String axis = "[" + "1, ".repeat(999) + "1]";
        String yaml = "steps: [{run: x, strategy: {matrix: {a: " + axis + ", b: " + axis + "}}}]";

        assertThat(problemsOfPlan(yaml, Map.of()))
                .containsExactly("1:29: steps[0].strategy.matrix: more than 100000 combinations");
    }

    @Test
    void saysWhenNothingOfAMatrixIsLeft() {
        String yaml = "steps: [{run: x, strategy: {matrix: {a: [1], exclude: [{a: 1}]}}}]";

        assertThat(problemsOfPlan(yaml, Map.of()))
                .containsExactly("1:29: steps[0].strategy.matrix: \"exclude\" leaves no combination");
    }

    @Test
    void givesInputsTheirTypesAndResolvesTodayOnce() {
        String yaml = """
                inputs:
                  date: {type: string, default: today}
                  day: {type: date, default: today}
                  at: {default: now}
                  n: {type: integer, default: 007}
                  x: {type: number}
                  full: {type: boolean, default: false}
                  mode: {type: choice, options: [fast, slow], default: slow}
                  none:
                steps: [{run: x}]
                """;
        Plan plan = plan(yaml, Map.of("x", "2.50", "full", "true"));

        assertThat(plan.inputs())
                .containsExactly(
                        Map.entry("date", new Value.Text("2024-02-29")),
                        Map.entry("day", new Value.Text("2024-02-29")),
                        Map.entry("at", new Value.Text("2024-02-29T00:30:00+01:00")),
                        Map.entry("n", new Value.Number(7)),
                        Map.entry("x", new Value.Number(new java.math.BigDecimal("2.5"), "2.50")),
                        Map.entry("full", new Value.Bool(true)),
                        Map.entry("mode", new Value.Text("slow")),
                        Map.entry("none", Value.NULL));

        Map<String, String> stored = new HashMap<>();
        plan.inputs().forEach((name, value) -> {
            if (!value.equals(Value.NULL)) {
                stored.put(name, value.text());
            }
        });
        assertThat(plan(yaml, stored).inputs()).isEqualTo(plan.inputs());
    }

    @Test
    void namesInputsThatAreWrongUnknownOrMissing() {
        String yaml = """
                inputs:
                  n: {type: integer}
                  mode: {type: choice, options: [fast, slow]}
                  must: {required: true}
                steps: [{run: x}]
                """;

        assertThat(problemsOfPlan(yaml, Map.of("n", "3.5", "mode", "fats", "nn", "1")))
                .containsExactly(
                        "1:1: inputs: the workflow has no input \"nn\"; did you mean \"n\"?",
                        "2:6: inputs.n: --input n=3.5: this input is a whole number",
                        "3:9: inputs.mode: --input mode=fats: this input is one of fast, slow",
                        "4:9: inputs.must: the input \"must\" is required and has no value; give it with --input must=VALUE");
    }

    @Test
    void appliesDefaultsKeyByKey() {
        Plan plan = plan("""
                defaults:
                  timeout: 1h
                  shell: sh
                  retry: {max: 5, delay: 10s}
                  checkpoint: {every: 10m, keep: 4, compression: none, journal: 2G}
                  env: {A: 1}
                steps:
                  - {id: plain, run: x}
                  - id: own
                    run: x
                    timeout: 2h
                    shell: python
                    retry: {when: [timeout, oom], backoff: 2}
                    checkpoint: {every: auto, min_free: 1G, journal: off}
                    env: {B: 2}
                """);

        Policies plain = step(plan, "plain").policies();
        assertThat(plain.timeout()).contains(new Setting.Given<>(Duration.ofHours(1)));
        assertThat(plain.retry().max()).isEqualTo(5);
        assertThat(plain.checkpoint().every()).isEqualTo(new Every.Interval(Duration.ofMinutes(10)));
        assertThat(plain.checkpoint().journalBytes()).isEqualTo(2L << 30);

        PlanStep own = step(plan, "own");
        assertThat(own.policies().timeout()).contains(new Setting.Given<>(Duration.ofHours(2)));
        assertThat(((Action.Script) own.action()).shell()).isEqualTo(Shell.PYTHON);
        assertThat(own.policies().retry())
                .isEqualTo(new RetryPolicy(
                        5,
                        java.util.Set.of(RetryCause.TIMEOUT, RetryCause.OOM),
                        Duration.ofSeconds(10),
                        2,
                        RetryPolicy.DEFAULT_MAX_DELAY));
        assertThat(own.policies().checkpoint().every()).isEqualTo(new Every.Auto());
        assertThat(own.policies().checkpoint().keep()).isEqualTo(4);
        assertThat(own.policies().checkpoint().compression()).isZero();
        assertThat(own.policies().checkpoint().minFreeBytes()).isEqualTo(1L << 30);
        assertThat(own.policies().checkpoint().journalBytes()).isZero();
        assertThat(own.surroundings().environment()).hasSize(2);
    }

    @Test
    void filesAreJournalledUnlessTheyAreNotToGoBack() {
        Plan plan = plan("""
                steps:
                  - {id: silent, run: x}
                  - {id: kept, run: x, rollback: none}
                  - {id: asked, run: x, rollback: none, checkpoint: {journal: 1G, io_uring: allow}}
                """);

        assertThat(step(plan, "silent").policies().checkpoint().journalBytes()).isEqualTo(4L << 30);
        assertThat(step(plan, "silent").policies().checkpoint().ioUring()).isFalse();
        assertThat(step(plan, "kept").policies().checkpoint().journalBytes()).isZero();
        assertThat(step(plan, "asked").policies().checkpoint().journalBytes()).isEqualTo(1L << 30);
        assertThat(step(plan, "asked").policies().checkpoint().ioUring()).isTrue();
    }

    @Test
    void retriesNeverUnlessAsked() {
        Plan plan = plan("""
                steps:
                  - {id: silent, run: x}
                  - {id: short, run: x, retry: 2}
                  - {id: some, run: x, retry: {delay: 1s}}
                """);

        assertThat(step(plan, "silent").policies()).isEqualTo(Policies.DEFAULT);
        assertThat(step(plan, "short").policies().retry().max()).isEqualTo(2);
        assertThat(step(plan, "some").policies().retry().max()).isEqualTo(3);
    }

    @Test
    void growsDelaysUpToTheirMaximum() {
        RetryPolicy retry = new RetryPolicy(
                100, java.util.Set.of(RetryCause.FAILURE), Duration.ofSeconds(30), 2, Duration.ofMinutes(3));

        assertThat(List.of(retry.delayBefore(1), retry.delayBefore(2), retry.delayBefore(3), retry.delayBefore(100)))
                .containsExactly(
                        Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(2), Duration.ofMinutes(3));
    }

    @Test
    void rollsTheRunFolderBackOnlyWhereNobodyElseCanBeAtWorkInIt() {
        Plan plan = plan("""
                steps:
                  - {id: first, run: x}
                  - {id: left, needs: [first], run: x}
                  - {id: right, needs: [first], run: x}
                  - {id: join, needs: [left, right], run: x}
                  - {id: many, strategy: {matrix: {i: [1, 2]}}, run: x}
                  - {id: last, run: x}
                finally: [{run: x}]
                """);

        assertThat(plan.steps().stream()
                        .filter(step -> step.policies().rollback().runFolder())
                        .map(PlanStep::id))
                .containsExactly("first", "join", "last");
        assertThat(plan.atEnd().get(0).policies().rollback().runFolder()).isTrue();
    }

    @Test
    void readsEveryFormOfRollback() {
        Plan plan = plan("""
                steps:
                  - {id: none, run: x, rollback: none}
                  - {id: tree, run: x, rollback: tree}
                  - {id: named, run: x, rollback: {tree: [a, b]}}
                """);

        assertThat(step(plan, "none").policies().rollback()).isEqualTo(RollbackPlan.NONE);
        assertThat(step(plan, "tree").policies().rollback().trees())
                .extracting(Object::toString)
                .containsExactly(".");
        assertThat(step(plan, "named").policies().rollback().trees())
                .extracting(Object::toString)
                .containsExactly("a", "b");
    }

    @Test
    void findsEveryCycle() {
        assertThat(problems("""
                steps:
                  - {id: a, needs: [b], run: x}
                  - {id: b, needs: [c], run: x}
                  - {id: c, needs: [a], run: x}
                  - {id: d, needs: [e], run: x}
                  - {id: e, needs: [d], run: x}
                  - {id: f, needs: [f, a], run: x}
                """))
                .containsExactly(
                        "2:21: steps[0].needs[0]: the steps wait for one another: a needs b needs c needs a",
                        "5:21: steps[3].needs[0]: the steps wait for one another: d needs e needs d",
                        "7:21: steps[5].needs[0]: a step cannot need itself");
    }

    /** Ten times as many would take a hundred times as long, minutes, if anything grew with pairs of them. */
    @ParameterizedTest
    @ValueSource(strings = {"chain", "references to the first", "references to the second above", "matrices"})
    void plansTenThousandStepsInTimeThatGrowsWithTheirNumber(String shape) {
        StringBuilder yaml = new StringBuilder("steps:\n");
        if (shape.equals("matrices")) {
            String axis = "[" + "1, ".repeat(99) + "1]";
            yaml.append(("  - {run: x, strategy: {matrix: {a: " + axis + ", b: " + axis + "}}}\n").repeat(5));
        } else {
            for (int i = 0; i < 10_000; i++) {
                int asked = shape.equals("chain") ? i - 1 : shape.endsWith("first") ? 0 : i - 2;
                String run = asked < 0 || asked == i ? "x" : "x ${{ steps.s" + asked + ".status }}";
                yaml.append("  - {id: s")
                        .append(i)
                        .append(", run: \"")
                        .append(run)
                        .append("\"}\n");
            }
        }

        Plan plan = assertTimeout(Duration.ofSeconds(30), () -> plan(yaml.toString()));
        assertThat(plan.steps().stream()
                        .mapToInt(step -> step.matrix().instances().size())
                        .sum())
                .isGreaterThanOrEqualTo(10_000);
    }

    @Test
    void plansACommandAsItIs() {
        Plan plan = Plan.ofCommand(
                "exec", java.nio.file.Path.of("/here"), List.of("echo", "${{ not.ours }}"), Policies.DEFAULT);

        Action.Command command = (Action.Command) plan.steps().get(0).action();
        assertThat(command.words()).allMatch(word -> word.isLiteral());
        assertThat(command.words().get(1).text()).isEqualTo("${{ not.ours }}");
    }
}
