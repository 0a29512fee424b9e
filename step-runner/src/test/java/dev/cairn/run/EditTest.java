package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cairn.run.control.StopKind;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an edited workflow file means for a run that had failed or was stopped. */
class EditTest {
    /** b needs a, c needs b; d stands alone. */
    private static final String FOUR = """
            name: n
            steps:
              - {id: a, run: a, needs: []}
              - {id: b, run: b, needs: [a]}
              - {id: c, run: c, needs: [b]}
              - {id: d, run: d, needs: []}
            """;

    @TempDir
    private Path folder;

    private static final List<String> STEPS =
            List.of("a", "b", "c", "d", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7");

    private Bench bench;
    private Bench.@Nullable Running last;

    @BeforeEach
    void open() {
        bench = new Bench(folder);
    }

    /** Every step ends as soon as it has started; those named fail. */
    private void programs(Set<String> failing) {
        for (String step : STEPS) {
            bench.engine().program(step, it -> {
                if (failing.contains(step)) {
                    it.fail(1);
                } else {
                    it.succeed();
                }
            });
        }
    }

    /** The steps that were started on the way to the end of the run. */
    private Set<String> finish(OpenResult opening, Set<String> failing) throws Exception {
        programs(failing);
        int before = bench.engine().starts().size();
        last = bench.start(opening);
        last().outcome();
        List<FakeStep> all = bench.engine().starts();
        return all.subList(before, all.size()).stream()
                .map(FakeStep::id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<String> finish(WorkflowRequest request, Set<String> failing) throws Exception {
        return finish(bench.runner().run(request), failing);
    }

    private Bench.Running last() {
        return Objects.requireNonNull(last);
    }

    private RunChange change() {
        return last().session().change();
    }

    private Bench.Running failed() throws Exception {
        assertThat(finish(bench.flow(FOUR), Set.of("c"))).containsExactly("a", "b", "c", "d");
        assertThat(last().outcome().state()).isEqualTo(RunState.FAILED);
        return last();
    }

    @Test
    void runsOnlyWhatHasNotSucceededWhereNothingWasEdited() throws Exception {
        String id = failed().session().id();
        assertThat(finish(bench.flow(FOUR), Set.of())).containsExactly("c");
        assertThat(last().session().id()).isEqualTo(id);
        assertThat(change()).isEqualTo(new RunChange(3, 4, false, List.of()));
        assertThat(last().outcome().state()).isEqualTo(RunState.SUCCEEDED);
        finish(bench.flow(FOUR), Set.of());
        assertThat(last().session().id()).as("a new run").isNotEqualTo(id);
    }

    @Test
    void resumesNoFailureThatANewerRunHasMended() throws Exception {
        String failed = failed().session().id();
        finish(bench.flow(FOUR).startingNew(), Set.of());
        finish(bench.flow(FOUR), Set.of());
        assertThat(last().session().id()).isNotEqualTo(failed);
        assertThat(last().session().isFresh()).isTrue();
    }

    @Test
    void runsWhatWasEditedAndWhatNeedsItAgain() throws Exception {
        failed();
        assertThat(finish(bench.flow(FOUR.replace("run: b", "run: b better")), Set.of()))
                .containsExactly("b", "c");
        assertThat(change().steps())
                .extracting(RunChange.Line::step, RunChange.Line::kind, RunChange.Line::reason)
                .containsExactly(
                        tuple("b", RunChange.Kind.AGAIN, "run changed"),
                        tuple("c", RunChange.Kind.AGAIN, "it needs b"));
    }

    @Test
    void keepsWhatOnlyRunsOtherwise() throws Exception {
        failed();
        assertThat(finish(bench.flow(FOUR.replace("run: a,", "run: a, timeout: 1h, retry: {max: 3},")), Set.of()))
                .containsExactly("c");
        assertThat(change()).isEqualTo(new RunChange(3, 4, true, List.of()));
    }

    @Test
    void resumeFollowsTheSameRuleAndKeepsTheTextWhenAsked() throws Exception {
        RunFolder run = failed().folder();
        bench.flow(FOUR.replace("run: a", "run: a better"));
        assertThat(finish(bench.runner().resume(run, ResumeOptions.AS_SUBMITTED, false), Set.of("c")))
                .containsExactly("c");
        ResumeOptions keep = ResumeOptions.NONE.with(ResumeOptions.Edits.KEEP_DONE);
        assertThat(finish(bench.runner().resume(run, keep, false), Set.of("c"))).containsExactly("c");
        bench.flow(FOUR.replace("run: a", "run: a best"));
        assertThat(finish(bench.runner().resume(run, ResumeOptions.NONE, false), Set.of()))
                .containsExactly("a", "b", "c");
    }

    @Test
    void resumesWithItsTextWhereTheFileHasGone() throws Exception {
        RunFolder run = failed().folder();
        Files.delete(folder.resolve("flow.yaml"));
        assertThat(finish(bench.runner().resume(run, ResumeOptions.NONE, false), Set.of()))
                .containsExactly("c");
    }

    @Test
    void saysWhatIsWrongWithAnEditAndChangesNothing() throws Exception {
        RunFolder run = failed().folder();
        bench.flow(FOUR.replace("needs: [a]", "needs: [z]"));
        assertThat(bench.runner().resume(run, ResumeOptions.NONE, false)).isInstanceOf(OpenResult.Invalid.class);
        assertThat(finish(bench.flow(FOUR), Set.of())).containsExactly("c");
    }

    @Test
    void runsAStepAgainWhoseScriptWasEdited() throws Exception {
        String flow = FOUR.replace("run: a", "run: python3 a.py");
        bench.write("a.py", "print(1)");
        finish(bench.flow(flow), Set.of("d"));
        bench.write("a.py", "print(2)");
        assertThat(finish(bench.flow(flow), Set.of())).containsExactly("a", "b", "c", "d");
        assertThat(change().steps().get(0).reason()).isEqualTo("a.py changed");
    }

    @Test
    void startsAStepOverWhoseInputRunsAgainHoweverOftenItIsKilled() throws Exception {
        programs(Set.of());
        bench.engine().program("c", step -> {});
        Bench.Running run = bench.start(bench.flow(FOUR));
        awaitStart("c").publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        for (int life = 0; life < 2; life++) {
            Bench.Running again = bench.start(bench.flow(FOUR.replace("run: b", "run: b better")));
            FakeStep c = awaitStart("c");
            assertThat(c.resumedFrom()).isZero();
            again.die();
            c.kill();
        }
    }

    @Test
    void keepsNothingStaleWhenTheRunnerDiesWhileItReopensSteps() throws Exception {
        programs(Set.of());
        bench.engine().program("c", step -> {
            step.publish("interval");
            step.fail(1);
        });
        Bench.Running run = bench.start(bench.flow(FOUR));
        run.outcome();
        // as it was left: reopened, with the old text
        StepManifest b = run.step("b");
        b.runAgain(false);
        b.save(() -> {});
        StepManifest c = run.step("c");
        c.reopen();
        c.save(() -> {});
        assertThat(finish(bench.flow(FOUR.replace("run: b", "run: b better")), Set.of()))
                .containsExactly("b", "c");
        List<FakeStep> starts = bench.engine().starts();
        assertThat(starts.get(starts.size() - 1).resumedFrom()).isZero();
    }

    private FakeStep awaitStart(String id) throws InterruptedException {
        FakeStep step = bench.engine().nextStart();
        while (!step.id().equals(id)) {
            step = bench.engine().nextStart();
        }
        return step;
    }

    @Test
    void refusesToReplaceAStepThatRuns() throws Exception {
        Bench.Running run = bench.start(bench.flow(FOUR));
        awaitStart("a");
        run.die();
        bench.assertRefused(bench.flow(FOUR.replace("run: a", "run: better")), "still runs under its supervisor");
        bench.assertRefused(
                bench.flow(FOUR.replace("{id: a,", "{id: z,").replace("[a]", "[z]")),
                "is no longer in the workflow file");
    }

    @Test
    void runsAFinishedRunAgainFromAStep() throws Exception {
        finish(bench.flow(FOUR), Set.of());
        RunFolder run = last().folder();
        ResumeOptions from = ResumeOptions.NONE.from(Set.of("b"));
        assertThat(finish(bench.runner().resume(run, from, false), Set.of())).containsExactly("b", "c");
        assertThat(last().outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.runner().resume(run, ResumeOptions.NONE.from(Set.of("y")), false))
                .isInstanceOfSatisfying(
                        OpenResult.Refused.class,
                        refused -> assertThat(refused.reasons().get(0)).contains("no step 'y'", "a, b, c, d"));
    }

    @Test
    void runsOneStepOfAnEndedRunAgainAndNothingElse() throws Exception {
        finish(bench.flow(FOUR), Set.of());
        RunFolder run = last().folder();
        ResumeOptions only = ResumeOptions.NONE.only(Set.of("b"));
        assertThat(finish(bench.runner().resume(run, only, false), Set.of())).containsExactly("b");
        assertThat(last().outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(finish(bench.runner().resume(run, only, false), Set.of("b"))).containsExactly("b");
        assertThat(last().outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(finish(bench.runner().resume(run, ResumeOptions.NONE.only(Set.of("d")), false), Set.of()))
                .containsExactly("d");
        assertThat(last().outcome().state()).as("b is still failed").isEqualTo(RunState.FAILED);
        programs(Set.of());
        bench.engine().program("d", step -> {});
        Bench.Running running = bench.start(bench.flow(FOUR.replace("id: d, run: d", "id: d, run: e")));
        awaitStart("d");
        running.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        running.outcome();
        assertThat(bench.runner().resume(running.folder(), only, false))
                .isInstanceOfSatisfying(
                        OpenResult.Refused.class,
                        refused -> assertThat(refused.reasons().get(0)).contains("--only is for a run that has ended"));
    }

    /** Random graphs, edits and deaths: what runs is what had not succeeded, what was edited, and what needs that; no more. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void runsNoMoreAndNoLessThanWhatChanged(long seed) throws Exception {
        Random random = new Random(seed);
        int size = 3 + random.nextInt(5);
        List<List<Integer>> needs = new ArrayList<>();
        Map<Integer, Integer> version = new HashMap<>();
        for (int i = 0; i < size; i++) {
            List<Integer> mine = new ArrayList<>();
            for (int j = 0; j < i; j++) {
                if (random.nextInt(3) == 0) {
                    mine.add(j);
                }
            }
            needs.add(mine);
        }
        Set<Integer> done = new TreeSet<>();
        for (int round = 0; round < 4; round++) {
            Set<Integer> edited = new TreeSet<>();
            for (int i = 0; i < size; i++) {
                if (round > 0 && random.nextInt(4) == 0) {
                    edited.add(i);
                    version.merge(i, 1, Integer::sum);
                }
            }
            for (int i = 0; i < size; i++) {
                if (edited.contains(i) || !done.containsAll(needs.get(i))) {
                    done.remove(i);
                }
            }
            int failing = random.nextInt(size);
            Set<String> expected = new TreeSet<>();
            Set<Integer> reached = new TreeSet<>(done);
            for (int i = 0; i < size; i++) {
                if (!done.contains(i) && reached.containsAll(needs.get(i))) {
                    expected.add("s" + i);
                    if (i != failing) {
                        reached.add(i);
                    }
                }
            }
            boolean over = reached.size() == size;
            assertThat(finish(bench.flow(yaml(needs, version)), Set.of("s" + failing)))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(expected);
            done = reached;
            if (over) {
                return;
            }
        }
    }

    private static String yaml(List<List<Integer>> needs, Map<Integer, Integer> version) {
        StringBuilder yaml = new StringBuilder("name: n\nsteps:\n");
        for (int i = 0; i < needs.size(); i++) {
            List<String> ids = needs.get(i).stream().map(j -> "s" + j).toList();
            yaml.append("  - {id: s" + i + ", run: work " + version.getOrDefault(i, 0) + ", needs: " + ids + "}\n");
        }
        return yaml.toString();
    }
}
