package dev.cairn.workflow.resolve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.Texts;
import dev.cairn.workflow.spec.Workflow;
import java.time.ZonedDateTime;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScheduleInputsTest {

    @Test
    void knowTheTimeThatTheScheduleNames() {
        Workflow workflow = Texts.read("""
                        inputs: {day: {}, at: {}, kind: {}}
                        schedule: {cron: "@daily", inputs: {day: "${{ schedule.date }}", at: "${{ schedule.time }}", kind: cron}}
                        steps: [{run: x}]
                        """).orElseThrow();

        assertThat(ScheduleInputs.at(
                                workflow,
                                workflow.schedules().get(0),
                                ZonedDateTime.parse("2024-02-29T02:00:00+01:00[Europe/Berlin]"))
                        .orElseThrow())
                .isEqualTo(Map.of("day", "2024-02-29", "at", "2024-02-29T02:00:00+01:00", "kind", "cron"));
    }
}
