package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.value.Value;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkflowsTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-02-29T12:00:00Z"), ZoneOffset.UTC);

    @Test
    void plansTheWorkflowOfTheDesign() throws Exception {
        Path file = Path.of("src/test/resources/dev/cairn/workflow/valid/nightly.yaml");
        Plan plan = Workflows.plan(Workflows.read(file).orElseThrow(), Map.of(), CLOCK)
                .orElseThrow();

        assertThat(plan.inputs()).containsExactly(Map.entry("date", new Value.Text("2024-02-29")));
        assertThat(plan.steps()).extracting(PlanStep::id).containsExactly("extract", "train", "publish");
        assertThat(plan.steps().get(1).matrix().instances())
                .extracting(Instance::id)
                .containsExactly("train.1", "train.2", "train.3");
        assertThat(plan.steps().get(1).policies().checkpoint().keep()).isEqualTo(2);
        assertThat(plan.onFailure()).extracting(PlanStep::id).containsExactly("on_failure-1");
    }
}
