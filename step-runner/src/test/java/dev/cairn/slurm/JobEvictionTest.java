package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step has failed, and Slurm's controller was killed or restarts. */
final class JobEvictionTest {
    private static final String UNKNOWN = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1";
    private static final String UNHEARD =
            "echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2; exit 1";

    @TempDir
    Path folder;

    private JobEviction eviction(String scontrol, boolean within) throws Exception {
        Path program = Files.writeString(folder.resolve("scontrol"), "#!/bin/bash\n" + scontrol + "\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Map<String, String> environment = Map.of("PATH", folder + ":/usr/bin:/bin", "SLURM_JOB_ID", "7");
        return new JobEviction(BatchJob.of(environment).orElseThrow(), new Slurm(environment), () -> within);
    }

    @Test
    void aJobThatTheControllerHasForgottenIsTakenAway() throws Exception {
        assertThat(eviction(UNKNOWN, true).reason()).contains("Slurm job 7 is unknown to Slurm");
    }

    /** In a terminal that was begun in a job and has outlived it. */
    @Test
    void theVariablesOfAJobAloneExcuseNoFailure() throws Exception {
        assertThat(eviction(UNKNOWN, false).reason()).isEmpty();
        assertThat(eviction(UNHEARD, false).reason()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo JobId=7 JobState=PENDING Restarts=0", UNKNOWN})
    void whatARestartedControllerAnswersDecides(String answer) throws Exception {
        String once = "if mkdir " + folder + "/asked 2>/dev/null; then " + UNHEARD + "; fi\n";
        assertThat(eviction(once + answer, true).reason()).isPresent();
    }

    @Test
    void aFailureWhileTheControllerRestartsStaysOneWhereTheJobGoesOn() throws Exception {
        String once = "if mkdir " + folder + "/asked 2>/dev/null; then " + UNHEARD + "; fi\n";
        assertThat(eviction(once + "echo JobId=7 JobState=RUNNING Restarts=0", true)
                        .reason())
                .isEmpty();
    }
}
