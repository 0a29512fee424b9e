package dev.cairn.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A real Slurm on this host alone ({@code tools/test-slurm.sh}): one node of two cpus, the partitions {@code scavenge} and {@code nograce},
 * from which {@code day} takes it. Started once for all tests, ended after them. What is asked of it here is asked as its administrator.
 */
final class Cluster {
    private static final Path SCRIPT =
            Path.of("../tools/test-slurm.sh").toAbsolutePath().normalize();
    /** How Slurm knows the processes of a job: {@code -Dcairn.slurm.tracking=cgroup} as clusters do. */
    private static final String TRACKING = System.getProperty("cairn.slurm.tracking", "linuxproc");

    private static final Cluster ONLY = new Cluster();

    private final Path folder;

    private Cluster() {
        try {
            folder = Files.createTempDirectory("cairn-slurm");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            run(List.of(SCRIPT.toString(), "start", folder.toString(), TRACKING));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("Slurm does not start", e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
    }

    static Cluster only() {
        return ONLY;
    }

    /** What a command needs to find it. */
    Map<String, String> environment() {
        return Map.of("SLURM_CONF", folder.resolve("slurm.conf").toString());
    }

    /** Runs a command of Slurm's and returns what it printed. */
    String ask(String... words) throws IOException, InterruptedException {
        return run(List.of(words));
    }

    /** Starts a command of Slurm's whose output and end do not matter. */
    Process begin(String... words) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment());
        return builder.start();
    }

    /** The state of a job, e.g. {@code RUNNING}. */
    String state(String job) throws IOException, InterruptedException {
        return ask("squeue", "--noheader", "--states=all", "--format=%T", "--jobs=" + job)
                .strip();
    }

    /** Takes the whole node for a moment from whatever is in the lower partitions. */
    void displace() throws IOException, InterruptedException {
        ask("sbatch", "--partition=day", "--cpus-per-task=2", "--output=/dev/null", "--wrap=true");
    }

    /**
     * Kills the controller, once it has written down that there is a job of this name, and starts it again: what it was told in its last
     * seconds it would not know any more.
     */
    void restartController(String jobName) throws IOException, InterruptedException {
        awaitSaved(jobName);
        restart("slurmctld");
    }

    private void awaitSaved(String jobName) {
        await("the controller to write down job " + jobName).atMost(1, MINUTES).until(() -> isSaved(jobName));
    }

    /** The same as {@link #memory}, once there is a job of this name in it. */
    Map<Path, byte[]> memoryOf(String jobName) throws IOException {
        awaitSaved(jobName);
        return memory();
    }

    private boolean isSaved(String jobName) throws IOException {
        Path state = folder.resolve("ctld/job_state");
        return Files.exists(state) && Files.readString(state, ISO_8859_1).contains(jobName);
    }

    /** What the controller has written down of its jobs. */
    Map<Path, byte[]> memory() throws IOException {
        Map<Path, byte[]> memory = new HashMap<>();
        for (String name : List.of("job_state", "job_state.old")) {
            Path file = folder.resolve("ctld").resolve(name);
            if (Files.exists(file)) {
                memory.put(file, Files.readAllBytes(file));
            }
        }
        return memory;
    }

    /** Kills the controller, and lets it start with what it knew then: later jobs are forgotten, and their ids are given out again. */
    void forgetSince(Map<Path, byte[]> memory) throws IOException, InterruptedException {
        kill("slurmctld");
        for (Path file : memory().keySet()) {
            Files.delete(file);
        }
        for (Map.Entry<Path, byte[]> file : memory.entrySet()) {
            Files.write(file.getKey(), file.getValue());
        }
        start("slurmctld");
    }

    /** Makes the node take jobs again, if Slurm has taken it out of service since a job did not start or end there as it should. */
    void putNodeBack() throws IOException, InterruptedException {
        if (ask("sinfo", "--noheader", "--format=%T").contains("drain")) {
            ask("scontrol", "update", "nodename=ALL", "state=resume");
        }
    }

    /** Kills a daemon and starts it again. */
    void restart(String daemon) throws IOException, InterruptedException {
        kill(daemon);
        start(daemon);
    }

    private void kill(String daemon) throws IOException {
        long pid =
                Long.parseLong(Files.readString(folder.resolve(daemon + ".pid")).strip());
        ProcessHandle handle = ProcessHandle.of(pid).orElseThrow();
        handle.destroyForcibly();
        handle.onExit().join();
    }

    private void start(String daemon) throws IOException, InterruptedException {
        run(List.of(SCRIPT.toString(), daemon, folder.toString()));
    }

    private void stop() {
        try {
            run(List.of(SCRIPT.toString(), "stop", folder.toString()));
        } catch (IOException | InterruptedException e) {
            System.err.println("Slurm does not end: " + e);
        }
        Trees.delete(folder);
    }

    private String run(List<String> words) throws IOException, InterruptedException {
        Path output = Files.createTempFile("cairn-slurm", ".out");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(words))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment());
        Process process = builder.start();
        boolean ended = process.waitFor(1, MINUTES);
        String said = Files.readString(output);
        Files.delete(output);
        if (!ended || process.exitValue() != 0) {
            throw new AssertionError(words + " ended badly:\n" + said);
        }
        return said;
    }
}
