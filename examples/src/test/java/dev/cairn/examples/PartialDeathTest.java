package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Only one of those who run a step is killed. */
class PartialDeathTest {

    @ParameterizedTest
    @CsvSource({"count, count", "monte-carlo, sample.1"})
    void aStepOutlivesItsRunnerAndTheNextOneTakesItUpAgain(String name, String stepId) throws Exception {
        Example example = Example.named(name);
        Undisturbed undisturbed = Undisturbed.of(example);
        try (Cairn cairn = Cairn.in(Rooms.next(name), example.folder(), Caller.ordinary())) {
            Process runner = cairn.start("run", "flow.yaml");
            StepFiles step = Waiting.forStep(cairn, stepId);
            long image = Waiting.forImageAfter(step, 0);
            long supervisor = step.supervisor(1);

            runner.destroyForcibly().waitFor();
            Waiting.forImageAfter(step, image);
            assertThat(step.supervisor(1)).isEqualTo(supervisor);
            int code = cairn.run("resume");

            assertThat(code).as(cairn.said()).isZero();
            assertThat(step.attempts()).as("attempts: nothing is repeated").hasSize(1);
            assertThat(Trees.differences(undisturbed.run(), cairn.runs().get(0), example.compared()))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"log-crunch, crunch", "monte-carlo, sample.1"})
    void aStepDiesWithItsSupervisorAndGoesOnFromItsImage(String name, String stepId) throws Exception {
        Example example = Example.named(name);
        Undisturbed undisturbed = Undisturbed.of(example);
        try (Cairn cairn = Cairn.in(Rooms.next(name), example.folder(), Caller.ordinary())) {
            Process runner = cairn.start("run", "flow.yaml");
            StepFiles step = Waiting.forStep(cairn, stepId);
            Waiting.forImageAfter(step, 0);
            Set<HostProcess> below = ProcessTable.read().descendantsOf(step.supervisor(1));
            assertThat(below).isNotEmpty();

            ProcessHandle.of(step.supervisor(1)).orElseThrow().destroyForcibly();

            await("the step's end")
                    .atMost(1, MINUTES)
                    .until(() -> below.stream().noneMatch(ProcessTable.read()::isAlive));
            assertThat(cairn.await(runner)).as(cairn.said()).isZero();
            assertThat(step.attempts().get(0).cause()).isEqualTo("lost");
            assertThat(step.attempts().get(1).resumedFrom().orElse(0))
                    .as("%s", step.attempts())
                    .isPositive();
            assertThat(Trees.differences(undisturbed.run(), cairn.runs().get(0), example.compared()))
                    .isEmpty();
        }
    }
}
