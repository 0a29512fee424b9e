package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.slurm.JobState.Course;
import dev.cairn.slurm.JobState.Known;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JobStateTest {
    @ParameterizedTest
    @CsvSource({
        "COMPLETED, COMPLETED, OVER",
        "FAILED, FAILED, OVER",
        "TIMEOUT, TIMEOUT, OVER",
        "PREEMPTED, PREEMPTED, OVER",
        "NODE_FAIL, NODE_FAIL, OVER",
        "OUT_OF_MEMORY, OUT_OF_MEMORY, OVER",
        "CANCELLED, CANCELLED, OVER",
        "CANCELLED by 1000, CANCELLED, OVER",
        "CANCELLED+, CANCELLED, OVER",
        "REQUEUED, REQUEUED, WAITS",
        "REQUEUE_HOLD, REQUEUE_HOLD, WAITS",
        "PENDING, PENDING, WAITS",
        "SUSPENDED, SUSPENDED, RUNS",
        "COMPLETING, COMPLETING, RUNS",
        "RUNNING, RUNNING, RUNS",
        "CA, CANCELLED, OVER",
        "running, RUNNING, RUNS",
        "' OOM ', OUT_OF_MEMORY, OVER",
    })
    void everyKnownTextHasItsState(String text, Known state, Course course) {
        assertThat(JobState.of(text)).isEqualTo(state);
        assertThat(state.course()).isEqualTo(course);
    }

    @Test
    void everyStateIsFoundByItsOwnName() {
        assertThat(Known.values())
                .allSatisfy(state -> assertThat(JobState.of(state.text())).isEqualTo(state));
    }

    @ParameterizedTest
    @CsvSource({"HIBERNATING", "''", "0x2f"})
    void anUnknownTextIsKept(String text) {
        JobState state = JobState.of(text);
        assertThat(state).isEqualTo(new JobState.Unknown(text));
        assertThat(state.course()).isEqualTo(Course.UNKNOWN);
    }
}
