package dev.cairn.run.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.JobState;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JobEndRuleTest {
    /** The manifest comes first; an empty result means that another job resumes the step. */
    @ParameterizedTest
    @CsvSource({
        "SUCCEEDED,   COMPLETED,     SUCCEEDED",
        "SUCCEEDED,   NODE_FAIL,     SUCCEEDED",
        "FAILED,      FAILED,        FAILED",
        "FAILED,      COMPLETED,     FAILED",
        "PAUSED,      FAILED,        PAUSED",
        "INTERRUPTED, FAILED,        INTERRUPTED",
        "PREEMPTED,   TIMEOUT,       ''",
        "PREEMPTED,   PREEMPTED,     ''",
        "PREEMPTED,   FAILED,        ''",
        "PREEMPTED,   CANCELLED,     CANCELLED",
        "READY,       CANCELLED,     CANCELLED",
        "WAITING,     NODE_FAIL,     ''",
        "WAITING,     BOOT_FAIL,     ''",
        "WAITING,     OUT_OF_MEMORY, ''",
        "WAITING,     DEADLINE,      FAILED",
        "READY,       FAILED,        ''",
        "READY,       '',            ''",
        "WAITING,     COMPLETED,     ''",
        "PREEMPTED,   HIBERNATING,   ''",
    })
    void theStepsOwnStateComesFirstAndThenTheJobs(StepState step, String end, String result) {
        JobEndRule after = JobEndRule.of("12", step, "", state(end), true, 0, false);
        assertThat(after.state())
                .isEqualTo(result.isEmpty() ? Optional.empty() : Optional.of(StepState.valueOf(result)));
    }

    @Test
    void jobsThatEndWithoutProgressAreFollowedByThreeMore() {
        int idle = 0;
        for (int jobs = 0; jobs < 3; jobs++) {
            JobEndRule after = JobEndRule.of("1" + jobs, StepState.WAITING, "", state("NODE_FAIL"), false, idle, false);
            assertThat(after.state()).isEmpty();
            idle = after.idle();
        }
        JobEndRule last = JobEndRule.of("13", StepState.WAITING, "", state("NODE_FAIL"), false, idle, false);
        assertThat(last.state()).contains(StepState.FAILED);
        assertThat(last.message())
                .contains("NODE_FAIL")
                .contains("without a new image")
                .contains("slurm-13.log");
    }

    @Test
    void progressGivesTheBudgetBackAndPreemptionTakesNothingOfIt() {
        assertThat(JobEndRule.of("1", StepState.PREEMPTED, "", state("TIMEOUT"), true, 3, false)
                        .idle())
                .isZero();
        JobEndRule displaced = JobEndRule.of("1", StepState.PREEMPTED, "", state("PREEMPTED"), false, 3, false);
        assertThat(displaced.idle()).isEqualTo(3);
        assertThat(displaced.state()).isEmpty();
    }

    @Test
    void aCancellationHereIsOneWhateverSlurmSays() {
        assertThat(JobEndRule.of("1", StepState.READY, "", state("COMPLETED"), false, 0, true)
                        .state())
                .contains(StepState.CANCELLED);
    }

    private static Optional<JobState> state(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(JobState.of(text));
    }
}
