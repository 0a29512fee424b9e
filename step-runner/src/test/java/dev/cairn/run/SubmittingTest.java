package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the submitter does with answers that a real Slurm cannot be made to give. */
class SubmittingTest {
    private static final String FAR =
            "name: one\nsteps: [{id: far, run: x, runs_on: slurm, slurm: {partition: scavenge, gpus: 2, extra: [--exclusive]}}]\n";

    @TempDir
    Path folder;

    private Bench bench;

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
        bench.environment().put("PATH", folder + ":/usr/bin:/bin");
    }

    @Test
    void whatSlurmRefusesFailsWithSlurmsWords() throws Exception {
        says(
                "sbatch",
                "echo \"$@\" >>" + folder
                        + "/asked; echo 'sbatch: error: Invalid partition name specified' >&2; exit 1");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message()).contains("Invalid partition name specified");
        assertThat(Files.readAllLines(folder.resolve("asked")))
                .singleElement()
                .asString()
                .contains("--partition=scavenge", "--gpus=2", "--exclusive", "--comment=cairn:")
                .contains("/far/1");
        assertThat(bench.engine().starts()).isEmpty();
    }

    @Test
    void keepsAStateItDoesNotKnowAndWaits() throws Exception {
        says("sbatch", "echo 77");
        says("squeue", "echo '77|HIBERNATING|None||x'");
        says("scancel", "echo \"$@\" >" + folder + "/cancelled");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> run.events().stream()
                .anyMatch(event -> event instanceof RunEvent.Note note
                        && note.message().contains("HIBERNATING, a state that this Cairn does not know")));
        run.session().stop(dev.cairn.run.walk.StopKind.INTERRUPT, "interrupt");
        assertThat(run.outcome().state()).as("the job goes on").isEqualTo(RunState.RUNNING);
        assertThat(folder.resolve("cancelled")).doesNotExist();

        says(
                "squeue",
                "[ -e " + folder + "/cancelled ] && state=CANCELLED || state=PENDING; echo \"77|$state|None||x\"");
        Bench.Running next = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        next.session().stop(dev.cairn.run.walk.StopKind.CANCEL, "cancel");
        assertThat(next.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(folder.resolve("cancelled")).hasContent("77");
    }

    @Test
    void saysWhenThereIsNoSlurm() throws Exception {
        bench.environment().put("PATH", folder.toString());
        Opening opening = bench.submitter("cairn").run(bench.flow(FAR));
        assertThat(((Opening.Refused) opening).reasons())
                .singleElement()
                .asString()
                .contains("step far")
                .contains("no 'sbatch' on PATH");
    }

    private void says(String command, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(command), "#!/bin/bash\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
