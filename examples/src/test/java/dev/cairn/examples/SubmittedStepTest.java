package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A step that Cairn sends to a real Slurm, which takes its node away, while the submitter dies too. */
class SubmittedStepTest {
    private static final Cluster SLURM = Cluster.only();
    private static final Example SUBMITTED = Example.named("src/test/flows/submitted");
    private static final int STOPPED = 75;
    /** Somebody else has the run. */
    private static final int HELD = 69;

    /** What happens once the step has a new image. */
    private enum Blow {
        PREEMPTION,
        REQUEUE,
        TIME_LIMIT,
        SCANCEL,
        CONTROLLER_KILLED,
        /** The controller is killed before it has written the job down. */
        FORGOTTEN,
        NODE_DAEMON_KILLED,
        JOB_KILLED,
        SUBMITTER_KILLED,
        SUBMITTER_STOPPED
    }

    private record Life(int to, List<Blow> blows) {}

    static Stream<Life> lives() {
        Life usual = new Life(60, List.of(Blow.SUBMITTER_KILLED, Blow.PREEMPTION));
        return Boolean.getBoolean("cairn.long")
                ? Stream.concat(
                        Stream.of(usual), Arrays.stream(Blow.values()).map(blow -> new Life(400, List.of(blow, blow))))
                : Stream.of(usual);
    }

    /** The submitter's first submission always dies between Slurm's yes and its own note of it. */
    @ParameterizedTest
    @MethodSource("lives")
    void endsAsUndisturbedWhateverHappens(Life life) throws Exception {
        try (Cairn cairn = cairn()) {
            String[] run = run(life);
            Map<Path, byte[]> before = SLURM.memory();
            cairn.await(cairn.start(run));
            assertThat(cairn.project().resolve("killed-its-parent")).exists();
            Process submitter = cairn.start(run);
            StepFiles step = Waiting.forStep(cairn, "far");
            for (Blow blow : life.blows()) {
                Waiting.forImageAfter(step, step.newestImage().orElse(0));
                int attempts = step.attempts().size();
                submitter = strike(blow, cairn, submitter, before, run);
                if (Stream.of("CONTROLLER", "NODE_DAEMON", "SUBMITTER").noneMatch(blow.name()::startsWith)) {
                    await("another attempt")
                            .atMost(4, MINUTES)
                            .until(() -> step.attempts().size() > attempts);
                }
            }
            assertThat(cairn.await(submitter)).as(cairn.said()).isZero();

            assertThat(cairn.runs()).hasSize(1);
            assertThat(Files.readString(step.folder().resolve("stdout.log")))
                    .as(cairn.said())
                    .isEqualTo(numbers(life.to()));
            assertThat(step.attempts().stream().skip(1))
                    .as("every start but the first goes on from an image: " + cairn.said())
                    .allSatisfy(attempt ->
                            assertThat(attempt.resumedFrom().orElse(0)).isPositive());
            boolean oneJob = life.blows().stream()
                    .noneMatch(blow -> List.of(Blow.SCANCEL, Blow.JOB_KILLED, Blow.FORGOTTEN)
                            .contains(blow));
            if (oneJob) {
                assertThat(submissions(cairn)).as(cairn.said()).isEqualTo(1);
            }
        }
    }

    /** One array for all instances; its submitter dies before it knows its id, and its tasks lose their node. */
    @Test
    void aMatrixIsOneArray() throws Exception {
        try (Cairn cairn = cairn()) {
            cairn.await(cairn.start("run", "matrix.yaml"));
            assertThat(cairn.project().resolve("killed-its-parent")).exists();
            Process submitter = cairn.start("run", "matrix.yaml");
            StepFiles first = Waiting.forStep(cairn, "far.1");
            Waiting.forImageAfter(first, 0);
            assertThat(SLURM.ask("squeue", "--noheader", "--array", "--states=R", "--format=%i")
                            .lines())
                    .as("as many at a time as max_parallel says")
                    .hasSizeLessThanOrEqualTo(2);
            SLURM.displace();
            assertThat(cairn.await(submitter)).as(cairn.said()).isZero();

            for (int n = 1; n <= 3; n++) {
                StepFiles step = Waiting.forStep(cairn, "far." + n);
                assertThat(step.folder().resolve("stdout.log")).as(cairn.said()).hasContent(numbers(60 + n));
                assertThat(step.attempts().stream().skip(1))
                        .as(cairn.said())
                        .allSatisfy(attempt ->
                                assertThat(attempt.resumedFrom().orElse(0)).isPositive());
            }
            assertThat(first.attempts()).as(cairn.said()).hasSizeGreaterThan(1);
            String name = jobName(cairn);
            List<String> ids = SLURM.ask("squeue", "--noheader", "--array", "--states=all", "--format=%i %j")
                    .lines()
                    .filter(line -> line.strip().endsWith(name))
                    .map(line -> line.strip().split(" ")[0])
                    .sorted()
                    .toList();
            String array = ids.get(0).split("_")[0];
            assertThat(ids).containsExactly(array + "_1", array + "_2", array + "_3");
        }
    }

    static Stream<String> flows() {
        return Boolean.getBoolean("cairn.long") ? Stream.of("flow.yaml", "matrix.yaml") : Stream.of("flow.yaml");
    }

    /** Slurm has each job twice, the submitter dies before it knows of any, and two others come to follow them. */
    @ParameterizedTest
    @MethodSource("flows")
    void noStepRunsTwiceHoweverManyJobsAndSubmittersThereAre(String flow) throws Exception {
        try (Cairn cairn = cairn()) {
            cairn.await(cairn.with(Map.of("TWICE", "yes")).start("run", flow));
            assertThat(cairn.project().resolve("killed-its-parent")).exists();
            assertThat(submissions(cairn)).isGreaterThan(1);

            List<Process> submitters = List.of(cairn.start("run", flow), cairn.start("run", flow));
            assertThat(List.of(cairn.await(submitters.get(0)), cairn.await(submitters.get(1))))
                    .as(cairn.said())
                    .containsExactlyInAnyOrder(0, HELD);
            await("the end of all jobs")
                    .atMost(1, MINUTES)
                    .until(() -> job(cairn).isEmpty());

            assertThat(cairn.runs()).hasSize(1);
            for (StepFiles step : StepFiles.of(cairn.runs().get(0))) {
                int last = step.id().equals("far")
                        ? 60
                        : 60 + Integer.parseInt(step.id().substring("far.".length()));
                assertThat(step.folder().resolve("stdout.log")).as(cairn.said()).hasContent(numbers(last));
                assertThat(step.attempts()).as(step.id() + ": " + cairn.said()).hasSize(1);
                assertThat(jobLogs(step))
                        .hasSize(2)
                        .anyMatch(log -> Pattern.compile("this one does nothing|nothing was changed|nothing to do")
                                .matcher(log)
                                .find());
            }
        }
    }

    private static List<String> jobLogs(StepFiles step) throws IOException {
        Path folder = step.folder().resolve("job");
        List<String> logs = new ArrayList<>();
        for (Path log : Trees.files(folder, List.of("slurm-*.log"))) {
            logs.add(Files.readString(folder.resolve(log)));
        }
        return logs;
    }

    @Test
    void cancelEndsTheJobAlsoWhenItsSubmitterIsGone() throws Exception {
        try (Cairn cairn = cairn()) {
            String[] run = run(new Life(4000, List.of()));
            cairn.await(cairn.start(run));
            Process submitter = cairn.start(run);
            StepFiles step = Waiting.forStep(cairn, "far");
            Waiting.forImageAfter(step, 0);
            kill(cairn, submitter);
            String id = cairn.runs().get(0).getFileName().toString();

            assertThat(cairn.run("cancel", id)).as(cairn.said()).isZero();

            await("the job's end")
                    .atMost(1, MINUTES)
                    .until(() -> SLURM.ask("squeue", "--noheader", "--name=" + jobName(cairn))
                            .isBlank());
            assertThat(step.attempts()).extracting(StepFiles.Attempt::cause).containsExactly("cancelled");
        }
    }

    @Test
    void hasModulesAndTheBaselineOnTheNodeAndSaysThatItHasFewerCpusThanItAskedFor() throws Exception {
        try (Cairn cairn = cairn()) {
            Files.createFile(cairn.project().resolve("killed-its-parent"));
            Path modules = cairn.project().resolve("modules");
            Files.createDirectories(modules.resolve("greeting"));
            Files.writeString(modules.resolve("greeting/1.0"), "#%Module\nsetenv GREETING hello\n");
            Cairn there = cairn.with(Map.of("MODULEPATH", modules.toString()));

            assertThat(there.run("run", "modules.yaml")).as(cairn.said()).isZero();

            assertThat(cairn.said())
                    .contains("asks for 6 cpus, and the largest node there has 2, with which it is submitted");
            assertThat(Waiting.forStep(cairn, "far").folder().resolve("stdout.log"))
                    .hasContent("hello from " + jobName(cairn) + " with 2\nNehalem\n");
        }
    }

    private static Cairn cairn() throws IOException {
        Cairn plain = Cairn.in(Rooms.next("submitted"), SUBMITTED.folder(), Caller.named());
        Path bin = Files.createDirectory(plain.project().resolve("bin"));
        Path sbatch = Files.writeString(bin.resolve("sbatch"), """
                #!/bin/bash
                # Once, whoever asks dies after Slurm has said yes, and before it hears so.
                script=$(cat)
                [ -z "$TWICE" ] || /usr/bin/sbatch "$@" <<<"$script" || exit
                said=$(/usr/bin/sbatch "$@" <<<"$script") || exit
                if [ ! -e "$KILL_ONCE" ]; then
                    touch "$KILL_ONCE"
                    kill -9 $PPID
                fi
                echo "$said"
                """);
        assertThat(sbatch.toFile().setExecutable(true, false)).isTrue();
        Caller.named().own(plain.project());
        Map<String, String> environment = new HashMap<>(SLURM.environment());
        environment.put("PATH", bin + ":/usr/local/bin:/usr/bin:/bin");
        environment.put(
                "KILL_ONCE", plain.project().resolve("killed-its-parent").toString());
        return plain.with(environment);
    }

    private static String[] run(Life life) {
        return new String[] {
            "run",
            "flow.yaml",
            "--input",
            "to=" + life.to(),
            "--input",
            "time=" + (life.blows().contains(Blow.TIME_LIMIT) ? "1" : "UNLIMITED")
        };
    }

    /**
     * @param before what the controller knew before the first submission
     * @return the submitter after it
     */
    private static Process strike(Blow blow, Cairn cairn, Process submitter, Map<Path, byte[]> before, String... run)
            throws Exception {
        switch (blow) {
            case PREEMPTION -> SLURM.displace();
            case REQUEUE -> SLURM.ask("scontrol", "requeue", job(cairn));
            case TIME_LIMIT -> {}
            case CONTROLLER_KILLED -> SLURM.restartController(jobName(cairn));
            case FORGOTTEN -> SLURM.forgetSince(before);
            case NODE_DAEMON_KILLED -> SLURM.restart("slurmd");
            case SCANCEL -> {
                SLURM.ask("scancel", job(cairn));
                assertThat(cairn.await(submitter)).isEqualTo(1);
                assertThat(cairn.said()).contains("was cancelled");
                return cairn.start("resume", cairn.runs().get(0).getFileName().toString());
            }
            case JOB_KILLED ->
                cairn.processes().stream()
                        .filter(process -> !process.command().contains("Main run"))
                        .forEach(HostProcess::kill);
            case SUBMITTER_KILLED -> {
                kill(cairn, submitter);
                return cairn.start(run);
            }
            case SUBMITTER_STOPPED -> {
                submitters(cairn)
                        .forEach(process -> ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy));
                assertThat(cairn.await(submitter)).as(cairn.said()).isEqualTo(STOPPED);
                assertThat(cairn.said()).contains("its Slurm jobs stay active");
                return cairn.start(run);
            }
        }
        return submitter;
    }

    private static void kill(Cairn cairn, Process submitter) throws Exception {
        submitters(cairn).forEach(HostProcess::kill);
        cairn.await(submitter);
    }

    private static List<HostProcess> submitters(Cairn cairn) {
        return cairn.processes().stream()
                .filter(process -> process.command().contains("Main run")
                        && process.command().contains("/java "))
                .toList();
    }

    private static String jobName(Cairn cairn) throws IOException {
        return "cairn-" + cairn.runs().get(0).getFileName() + "-far";
    }

    private static String job(Cairn cairn) throws Exception {
        String jobs = SLURM.ask("squeue", "--noheader", "--format=%i", "--name=" + jobName(cairn));
        return jobs.strip();
    }

    private static long submissions(Cairn cairn) throws Exception {
        return SLURM.ask("squeue", "--noheader", "--states=all", "--format=%i", "--name=" + jobName(cairn))
                .lines()
                .filter(line -> !line.isBlank())
                .count();
    }

    private static String numbers(int to) {
        return IntStream.range(0, to).mapToObj(i -> i + "\n").collect(Collectors.joining());
    }
}
