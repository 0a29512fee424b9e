package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Real molecular dynamics that asks for six threads of a real Slurm whose node has two, by two runs at the same time; takes minutes. */
@EnabledIfSystemProperty(named = "cairn.long", matches = "true")
class DynamicsOnSlurmTest {
    private static final Cluster SLURM = Cluster.only();
    private static final Example DYNAMICS = Example.named("molecular-dynamics");
    private static final String SHORTAGE = "asks for 6 cpus, and Slurm granted job \\d+ 2: let it start";
    private static final String STEPS = "steps=1000";

    @Test
    void saysThatItHasTwoThreadsAndEndsAsUndisturbed() throws Exception {
        try (Cairn cairn = Cairn.in(Rooms.next("dynamics"), DYNAMICS.folder(), Caller.named())
                .with(SLURM.environment())) {
            assertThat(cairn.run("run", "flow.yaml", "--input", STEPS))
                    .as(cairn.said())
                    .isZero();
            Path undisturbed = cairn.runs().get(0);
            sendToSlurm(cairn.project());

            List<Process> submitters = new ArrayList<>();
            for (String key : List.of("first", "second")) {
                submitters.add(cairn.start("run", "far.yaml", "--key", key, "--input", STEPS));
            }
            Waiting.forImageAfter(Waiting.forStep(cairn, "dynamics", run -> !run.equals(undisturbed)), 0);
            SLURM.displace();
            for (Process submitter : submitters) {
                assertThat(cairn.await(submitter)).as(cairn.said()).isZero();
            }

            List<Path> runs = cairn.runs().stream()
                    .filter(run -> !run.equals(undisturbed))
                    .toList();
            assertThat(runs).hasSize(2);
            int starts = 0;
            for (Path run : runs) {
                assertThat(Trees.differences(undisturbed, run, DYNAMICS.compared()))
                        .as(cairn.said())
                        .isEmpty();
                StepFiles step = new StepFiles(run.resolve("steps/dynamics"));
                starts += step.attempts().size();
                assertThat(jobLogs(step)).containsPattern("(?s)" + SHORTAGE + ".*dynamics: attempt 1 started");
                assertThat(cairn.printed("show", run.getFileName().toString())).containsPattern(SHORTAGE);
            }
            assertThat(starts).as("displaced: " + cairn.said()).isGreaterThan(2);
            assertThat(cairn.said()).contains("dynamics: asks for 6 cpus, and the largest node there has 2");
        }
    }

    /** The same, but that each step is a job that asks for six cpus, and its program starts as many threads as it was granted. */
    private static void sendToSlurm(Path project) throws IOException {
        Files.writeString(
                project.resolve("far.yaml"),
                Files.readString(project.resolve("flow.yaml"))
                        .replace("defaults:\n", "defaults:\n  runs_on: slurm\n  slurm: {partition: nograce, cpus: 6}\n")
                        .replace("-ntomp 2", "-ntomp $SLURM_CPUS_ON_NODE"));
    }

    private static String jobLogs(StepFiles step) throws IOException {
        StringBuilder logs = new StringBuilder();
        for (Path log : Trees.files(step.folder().resolve("job"), List.of("slurm-*.log"))) {
            logs.append(Files.readString(step.folder().resolve("job").resolve(log)));
        }
        return logs.toString();
    }
}
