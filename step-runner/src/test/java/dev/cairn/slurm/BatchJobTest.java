package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class BatchJobTest {
    @Test
    void isNoneOutsideOfAJob() {
        assertThat(BatchJob.of(Map.of("PATH", "/bin"))).isEmpty();
        assertThat(BatchJob.of(Map.of("SLURM_JOB_ID", "x"))).isEmpty();
    }

    @Test
    void knowsWhatItWasGranted() {
        BatchJob job = BatchJob.of(Map.of(
                        "SLURM_JOB_ID", "12",
                        "SLURM_RESTART_COUNT", "3",
                        "SLURM_CPUS_ON_NODE", "2",
                        "SLURM_MEM_PER_CPU", "512"))
                .orElseThrow();
        assertThat(job)
                .isEqualTo(new BatchJob("12", OptionalInt.empty(), 3, OptionalInt.of(2), OptionalLong.of(1L << 30)));
    }

    @Test
    void hasNoLimitOfMemoryWhereSlurmSaysZero() {
        BatchJob job = BatchJob.of(Map.of("SLURM_JOBID", "12", "SLURM_MEM_PER_NODE", "0"))
                .orElseThrow();
        assertThat(job)
                .isEqualTo(new BatchJob("12", OptionalInt.empty(), 0, OptionalInt.empty(), OptionalLong.empty()));
    }
}
