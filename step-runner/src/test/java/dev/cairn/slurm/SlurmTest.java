package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.slurm.JobState.Known;
import dev.cairn.slurm.SlurmException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With commands of our own on PATH that say what Slurm's have said. */
final class SlurmTest {
    @TempDir
    Path folder;

    @Test
    void submitsWithTheOptionsThatWereAskedForAndReadsTheId() throws Exception {
        says("sbatch", "printf '%s\\n' \"$@\" >" + folder + "/words; cat >" + folder + "/script; echo '731;cluster'");
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("partition", "scavenge");
        settings.put("cpus-per-task", "6");
        String id = slurm().submit(
                        new JobRequest(
                                "flow.train",
                                "cairn:r/train/1",
                                Path.of("/home/ada"),
                                Path.of("/r/slurm-%j.log"),
                                settings,
                                List.of("--exclusive")),
                        BatchScript.bare(List.of("/opt/cairn it/cairn", "it's")));
        assertThat(id).isEqualTo("731");
        assertThat(Files.readAllLines(folder.resolve("words")))
                .containsExactly(
                        "--parsable",
                        "--job-name=flow.train",
                        "--comment=cairn:r/train/1",
                        "--chdir=/home/ada",
                        "--output=/r/slurm-%j.log",
                        "--open-mode=append",
                        "--requeue",
                        "--kill-on-invalid-dep=yes",
                        "--signal=B:USR1@120",
                        "--partition=scavenge",
                        "--cpus-per-task=6",
                        "--exclusive");
        assertThat(folder.resolve("script")).hasContent("""
                #!/bin/bash
                trap '' USR1
                exec '/opt/cairn it/cairn' 'it'\\''s'
                """);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', textBlock = """
            sbatch: error: Batch job submission failed: Invalid partition name specified               # REFUSED
            sbatch: error: Batch job submission failed: Requested node configuration is not available  # REFUSED
            sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure) # UNCLEAR
            sbatch: error: Batch job submission failed: Socket timed out on send/recv operation        # UNCLEAR
            sbatch: error: QOSMaxSubmitJobPerUserLimit                                                 # FULL
            sbatch: error: AssocMaxSubmitJobLimit                                                      # FULL
            """)
    void tellsANoFromSilence(String said, Kind kind) throws Exception {
        says("sbatch", "echo '" + said + "' >&2; exit 1");
        assertThatThrownBy(() -> slurm().submit(request(), ""))
                .isInstanceOfSatisfying(
                        SlurmException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessage(said);
    }

    @Test
    void anIdThatIsNotThereIsUnclear() throws Exception {
        says("sbatch", "echo 'welcome to the cluster'");
        assertThatThrownBy(() -> slurm().submit(request(), ""))
                .isInstanceOfSatisfying(
                        SlurmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNCLEAR))
                .hasMessageContaining("welcome to the cluster");
    }

    @Test
    void listsJobsWhateverTheirCommentsHold() throws Exception {
        says("squeue", """
                cat <<'X'
                Maintenance on Sunday | see the wiki
                12|RUNNING|None|n17|cairn-r-a|cairn:r/a/1
                13_4|PENDING|Priority||n|a|b
                14|HIBERNATING|None||n|(null)
                X
                """);
        assertThat(slurm().queue(List.of("12", "13", "14")))
                .containsExactly(
                        new QueueLine("12", Known.RUNNING, "None", "n17", "cairn-r-a", "cairn:r/a/1"),
                        new QueueLine("13_4", Known.PENDING, "Priority", "", "n", "a|b"),
                        new QueueLine("14", new JobState.Unknown("HIBERNATING"), "None", "", "n", "(null)"));
    }

    @Test
    void aJobThatIsGoneIsNoError() throws Exception {
        says("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
        says("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
        says("scancel", "echo 'scancel: error: Kill job error on job id 3: Invalid job id specified' >&2; exit 1");
        assertThat(slurm().queue(List.of("3"))).isEmpty();
        assertThat(slurm().job("3")).isEmpty();
        slurm().cancel("3");
    }

    @Test
    void asksWithoutThePersonsOwnFormats() throws Exception {
        says(
                "scontrol",
                "[ -z \"$SLURM_TIME_FORMAT$SQUEUE_FORMAT\" ] && echo \"JobId=3 JobState=RUNNING EndTime=$(date -d @0"
                        + " +%FT%T)\"");
        Map<String, String> environment = environment();
        environment.put("SLURM_TIME_FORMAT", "relative");
        environment.put("SQUEUE_FORMAT", "%all");
        environment.put("TZ", "Asia/Tokyo");
        Optional<JobInfo> job = new Slurm(environment).job("3");
        assertThat(job.orElseThrow().endTime()).contains(java.time.Instant.EPOCH);
    }

    @Test
    void saysThatSlurmIsNotHere() {
        Slurm none = new Slurm(Map.of("PATH", folder.toString()));
        assertThat(none.obstacle()).hasValueSatisfying(why -> assertThat(why).contains("sbatch"));
        assertThatThrownBy(() -> none.requeue("1"))
                .isInstanceOfSatisfying(
                        SlurmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISSING));
    }

    @ParameterizedTest
    @CsvSource({"scavenge, 64", "'', 16"})
    void knowsTheLargestNode(String partition, int most) throws Exception {
        says(
                "sinfo",
                "case \"$*\" in *partition*) echo 'scavenge|32'; echo 'scavenge|64';; *) echo 'day*|16'; echo 'big|128';;"
                        + " esac");
        assertThat(slurm().mostCpus(Optional.of(partition).filter(name -> !name.isEmpty())))
                .isEqualTo(OptionalInt.of(most));
        assertThat(NodeSizes.mostCpus("day*|16+\n", false)).isEmpty();
    }

    @Test
    void aScriptHasCairnAsItsOnlyLine() {
        assertThat(BatchScript.text(List.of("--time=04:00:00"), List.of("cairn", "run", "flow.yaml")))
                .isEqualTo("""
                        #!/bin/bash
                        #SBATCH --requeue
                        #SBATCH --open-mode=append
                        #SBATCH --signal=B:USR1@120
                        #SBATCH --time=04:00:00
                        trap '' USR1
                        exec cairn run flow.yaml
                        """);
    }

    @ParameterizedTest
    @CsvSource({"--time=1, 15", "-t 00:04:00, 60", "-t2, 30", "--time=1-0, 120", "--partition=day, 120"})
    void aShortLimitIsWarnedOfLater(String directive, int seconds) {
        assertThat(BatchScript.text(List.of(directive), List.of("true"))).contains("USR1@" + seconds + "\n");
    }

    private static JobRequest request() {
        return new JobRequest("n", "c", Path.of("/"), Path.of("/o"), Map.of(), List.of());
    }

    private Slurm slurm() {
        return new Slurm(environment());
    }

    private Map<String, String> environment() {
        return new java.util.HashMap<>(Map.of("PATH", folder + ":/usr/bin:/bin"));
    }

    private void says(String command, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(command), "#!/bin/bash\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
