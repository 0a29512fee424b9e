package dev.cairn.run.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step's processes keep the environment of the attempt that started them, under a shell that runs the real wrappers. */
class JobVariablesTest {
    @TempDir
    Path folder;

    private Path slurm;
    private int attempt;

    @BeforeEach
    void srun() throws IOException {
        slurm = Files.createDirectory(folder.resolve("usr bin"));
        srun("env; echo \"words: $*\"; exit 7");
        command("squeue", "echo RUNNING");
    }

    /** What its tasks do. */
    private void srun(String tasks) throws IOException {
        refusing("", tasks);
    }

    /** @param refusal what it does where Slurm gives it no tasks */
    private void refusing(String refusal, String tasks) throws IOException {
        command(
                "srun",
                "prolog=${1#--prolog=}; shift\n" + refusal + "\nprolog=$($prolog)\nunset prolog\n" + tasks + "\n");
    }

    private void command(String name, String script) throws IOException {
        Path file = Files.writeString(slurm.resolve(name), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Map<String, String> job(String... variables) {
        Map<String, String> environment = new HashMap<>(Map.of("PATH", slurm + ":/usr/bin:/bin"));
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return environment;
    }

    /** @return the environment with which the attempt's processes begin, if they do */
    private Map<String, String> start(Map<String, String> job, boolean resumed) throws IOException {
        Map<String, String> environment = new TreeMap<>(job);
        environment.put("CAIRN_ATTEMPT", Integer.toString(++attempt));
        return JobVariables.of(folder, environment).write(folder, environment, resumed);
    }

    /** What a command sees that a process with this environment starts. */
    private Map<String, String> seenBy(Map<String, String> environment, String script) throws Exception {
        Path out = folder.resolve("out");
        ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", script).redirectErrorStream(true);
        shell.redirectOutput(out.toFile()).environment().clear();
        shell.environment().putAll(environment);
        Process process = shell.start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        Map<String, String> seen = new HashMap<>();
        Files.readAllLines(out)
                .forEach(line -> seen.put(line.replaceFirst("[=:].*", ""), line.replaceFirst("^\\w*(=|: ?)", "")));
        seen.put("?", Integer.toString(process.exitValue()));
        return seen;
    }

    @Test
    void srunGetsTheVariablesOfTheCurrentJob() throws Exception {
        Map<String, String> memory =
                start(job("SLURM_JOB_ID", "9", "SLURM_JOB_NODELIST", "n[1-2]", "SLURM_GONE", "x"), false);
        start(job("SLURM_JOB_ID", "10", "SLURM_JOB_NODELIST", "n'3", "SLURM_RESTART_COUNT", "1"), true);

        Map<String, String> seen = seenBy(memory, "srun -n 2 'a b'");

        assertThat(seen)
                .containsEntry("SLURM_JOB_ID", "10")
                .containsEntry("SLURM_JOB_NODELIST", "n'3")
                .containsEntry("SLURM_RESTART_COUNT", "1")
                .containsEntry("words", "-n 2 a b")
                .containsEntry("?", "7")
                .doesNotContainKey("SLURM_GONE");
    }

    @Test
    void whatTheStepHasSetOrRemovedStays() throws Exception {
        Map<String, String> memory =
                start(job("SLURM_JOB_ID", "9", "SLURM_NTASKS", "4", "SLURM_MEM_PER_NODE", "100"), false);
        start(job("SLURM_JOB_ID", "10", "SLURM_NTASKS", "8", "SLURM_MEM_PER_NODE", "200"), true);

        assertThat(seenBy(memory, "unset SLURM_MEM_PER_NODE; SLURM_NTASKS=1 srun"))
                .containsEntry("SLURM_JOB_ID", "10")
                .containsEntry("SLURM_NTASKS", "1")
                .doesNotContainKey("SLURM_MEM_PER_NODE");
    }

    @Test
    void memoryOfAnyEarlierJobIsBroughtUpToDate() throws Exception {
        List<Map<String, String>> memories = new java.util.ArrayList<>();
        for (int id = 98; id <= 101; id++) {
            memories.add(start(job("SLURM_JOB_ID", Integer.toString(id)), id > 98));
        }
        for (Map<String, String> memory : memories) {
            assertThat(seenBy(memory, "srun")).containsEntry("SLURM_JOB_ID", "101");
        }
    }

    @Test
    void aScriptReadsThemWhereItNeedsThem() throws Exception {
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9", "SLURM_GONE", "x"), false);
        start(job("SLURM_JOB_ID", "10", "SLURM_JOB_NAME", "it's a $(name)\nof `two` lines"), true);

        assertThat(seenBy(memory, ". \"$CAIRN_ENV\"; env"))
                .containsEntry("SLURM_JOB_ID", "10")
                .containsEntry("CAIRN_ATTEMPT", "2")
                .containsEntry("SLURM_JOB_NAME", "it's a $(name)")
                .containsKey("of `two` lines")
                .doesNotContainKey("SLURM_GONE");
    }

    @Test
    void nothingIsDoneOutsideOfAJobButForTheFile() throws Exception {
        Map<String, String> environment = start(job("SLURM_CONF", "/etc/slurm.conf"), false);
        assertThat(environment).containsEntry("PATH", slurm + ":/usr/bin:/bin");
        assertThat(folder.resolve("bin")).doesNotExist();
        assertThat(seenBy(environment, ". \"$CAIRN_ENV\"; env"))
                .containsEntry("CAIRN_ATTEMPT", "1")
                .containsEntry("SLURM_CONF", "/etc/slurm.conf");
    }

    @Test
    void aCommandThatIsNotThereIsNotMadeUp() throws Exception {
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9"), false);
        assertThat(folder.resolve("bin/srun")).isExecutable();
        assertThat(folder.resolve("bin/salloc").toFile().exists()).isEqualTo(Files.exists(Path.of("/usr/bin/salloc")));
        Files.delete(slurm.resolve("srun"));
        memory.put("PATH", folder.resolve("bin") + ":/nowhere");
        assertThat(seenBy(memory, "srun")).containsEntry("?", "127");
    }

    @Test
    void noTokenIsWrittenDown() throws Exception {
        start(job("SLURM_JOB_ID", "9", "SLURM_JWT", "secret"), false);
        assertThat(folder.resolve("env.sh")).content().doesNotContain("secret");
        assertThat(folder.resolve("variables.json")).content().doesNotContain("secret");
        assertThat(Files.getPosixFilePermissions(folder.resolve("env.sh")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    private Process shell(Map<String, String> environment, String script) throws IOException {
        ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", script).redirectErrorStream(true);
        shell.redirectOutput(folder.resolve("out").toFile()).environment().clear();
        shell.environment().putAll(environment);
        return shell.start();
    }

    private void awaitOutput(String words) {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> Files.readString(folder.resolve("out")).contains(words));
    }

    /** Slurm has ended the job, and Cairn is about to save the script's memory and to stop it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo CANCELLED",
                "echo COMPLETING",
                "echo PENDING",
                "echo 'Invalid job id specified' >&2; exit 1"
            })
    void srunThatFailsBecauseItsJobIsOverStartsAgainInTheNextJob(String answer) throws Exception {
        refusing("[ $SLURM_JOB_ID = 10 ] || { echo expired; exit 1; }", "echo ran \"$*\"; exit 3");
        command("squeue", "[ $SLURM_JOB_ID = 10 ] && echo RUNNING || { " + answer + "; }");
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9"), false);
        Process script = shell(memory, "srun 'a b'; echo then $?");
        awaitOutput("is over");
        start(job("SLURM_JOB_ID", "10"), true);
        assertThat(script.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .containsExactly(
                        "expired",
                        "srun: Slurm job 9 is over; waiting to be stopped, to start again in the next job",
                        "ran a b",
                        "then 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo RUNNING", "echo 'Unable to contact slurm controller' >&2; exit 1", "exit 1"})
    void srunThatFailsInAJobThatMayRunFailsAtOnce(String answer) throws Exception {
        command("squeue", answer);
        assertThat(seenBy(start(job("SLURM_JOB_ID", "9"), false), "srun")).containsEntry("?", "7");
    }

    /** The memory is saved at any instant: here between the failure and the question for the job, which runs again then. */
    @Test
    void srunThatWasRefusedBeforeAResumeStartsAgainInTheNewJob() throws Exception {
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9"), false);
        Path env = folder.resolve("env.sh");
        refusing(
                "grep -q ATTEMPT=2 '" + env + "' || { sed -i s/ATTEMPT=.*/ATTEMPT=2/ '" + env + "'; exit 1; }",
                "echo \"words: $*\"; exit 3");
        assertThat(seenBy(memory, "srun a")).containsEntry("words", "a").containsEntry("?", "3");
    }

    /** They may have written something, which would be written twice. */
    @Test
    void srunThatHasHadTasksFailsAtOnce() throws Exception {
        command("squeue", "echo CANCELLED");
        assertThat(seenBy(start(job("SLURM_JOB_ID", "9"), false), "srun; echo $?"))
                .containsEntry("words", "")
                .containsKey("7");
        assertThat(folder.resolve("bin")).isDirectoryNotContaining("glob:**unstarted*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"srun --prolog=/bin/true a", "SLURM_PROLOG=x srun a"})
    void srunWithAPrologOfTheCallersIsStartedAsItIs(String call) throws Exception {
        command("srun", "echo \"with: $*\"; exit 7");
        command("squeue", "echo CANCELLED");
        assertThat(seenBy(start(job("SLURM_JOB_ID", "9"), false), call))
                .containsEntry("with", call.contains("SLURM_PROLOG") ? "a" : "--prolog=/bin/true a");
    }

    @Test
    void srunHasTheInputAndTheVariablesOfItsCaller() throws Exception {
        srun("cat; echo $name $status $job");
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9", "name", "a", "status", "b", "job", "c"), false);
        Process script = shell(memory, "echo hello | srun");
        assertThat(script.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(folder.resolve("out"))).containsExactly("hello", "a b c");
    }

    @Test
    void srunGetsWhatIsSentToItAndItsEndIsTheCallers() throws Exception {
        srun("trap 'echo told; exit 5' TERM; echo waits; while :; do sleep 0.05; done");
        Map<String, String> memory = start(job("SLURM_JOB_ID", "9"), false);
        Process script = shell(memory, "srun & trap 'kill $!' TERM; wait $!; wait $!; echo end $?");
        awaitOutput("waits");
        script.destroy();
        assertThat(script.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(folder.resolve("out"))).containsExactly("waits", "told", "end 5");
    }
}
