package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.internal.owner.Claim;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.request.Requests;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the submitter does with answers that a real Slurm cannot be made to give. */
class SubmittingTest {
    private static final String FAR =
            "name: one\nsteps: [{id: far, run: x, runs_on: slurm, slurm: {partition: scavenge, gpus: 2, extra: [--exclusive]}}]\n";

    private static final String MATRIX = """
            name: many
            steps:
              - {id: far, strategy: {matrix: {n: [5, 6, 7]}, max_parallel: 2}, runs_on: slurm, run: x}
            """;

    /** Of the job, for {@code squeue} to tell. */
    private static final String NOTES_THE_NAME =
            "for word; do case $word in --job-name=*) echo \"${word#*=}\" >\"${0%/*}/name\";; esac; done; ";

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
        says("sbatch", NOTES_THE_NAME + "echo 77");
        says("squeue", "echo \"77|HIBERNATING|None||$(cat " + folder + "/name)|x\"");
        says("scancel", "echo \"$@\" >" + folder + "/cancelled");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> said(run, "HIBERNATING, a state that this Cairn does not know"));
        run.session().stop(StopKind.INTERRUPT, "interrupt");
        assertThat(run.outcome().state()).as("the job goes on").isEqualTo(RunState.RUNNING);
        assertThat(folder.resolve("cancelled")).doesNotExist();

        squeueSays("x");
        Bench.Running next = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        next.session().stop(StopKind.CANCEL, "cancel");
        assertThat(next.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(folder.resolve("cancelled")).hasContent("77");
    }

    /** What Slurm sends a job that it cancels looks like a preemption to the job's runner, which would save the step's work. */
    @Test
    void asksTheJobsRunnerToEndItBeforeSlurmIsAsked() throws Exception {
        says("sbatch", NOTES_THE_NAME + "echo 77");
        says("scancel", "echo \"$@\" >" + folder + "/cancelled");
        squeueSays("x");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> Files.exists(folder.resolve("looked")));
        run.session().stop(StopKind.INTERRUPT, "interrupt");
        run.outcome();

        // as after a death between Slurm's yes and the note of it: whoever comes next has to look for the job first
        RunFolder part = run.folder().ofJob("far");
        Path submission = part.path().resolve("submission.json");
        Files.writeString(submission, Files.readString(submission).replaceAll("\"job\" : \"77\",", ""));
        Files.delete(folder.resolve("looked"));
        Path hold = Files.createFile(folder.resolve("hold"));
        squeueSays("cairn:" + run.folder().runId() + "/far/1");
        Ownership runnerOfTheJob = ((Claim.Won) Owners.ofThisProcess().claim(part.path())).ownership();
        Bench.Running next = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> Files.exists(folder.resolve("looked")));
        next.session().stop(StopKind.CANCEL, "cancel");
        Bench.until(() -> next.events().stream().anyMatch(RunEvent.Requested.class::isInstance));
        Files.delete(hold);
        Files.delete(folder.resolve("looked"));
        Requests requests = new Requests(part, Clock.systemUTC());
        Bench.until(
                () -> Files.exists(folder.resolve("looked")) && asked(requests).isPresent());
        assertThat(folder.resolve("cancelled")).doesNotExist();

        requests.answer(
                asked(requests).orElseThrow(),
                new CommandResult(List.of(CommandResult.Line.done("far", OptionalLong.empty()))));
        runnerOfTheJob.close();
        assertThat(next.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(folder.resolve("cancelled")).hasContent("77");
    }

    /** Starts job 77 once the file {@code hold} is gone; it runs until it is cancelled. */
    private void squeueSays(String comment) throws IOException {
        says("squeue", """
                cd %s
                touch looked
                while [ -e hold ]; do sleep 0.05; done
                [ -e cancelled ] && state=CANCELLED || state=RUNNING
                echo "77|$state|None||$(cat name)|%s"
                """.formatted(folder, comment));
    }

    @Test
    void aChoiceForAStepIsRefusedWhileItsJobIsUnderWayAndKeptForTheNextJobOtherwise() throws Exception {
        says("sbatch", NOTES_THE_NAME + "cd " + folder + "; [ -e first ] && echo 78 || { touch first; echo 77; }");
        says("squeue", "echo \"77|PENDING|Priority||$(cat " + folder + "/name)|x\"");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> said(run, "Slurm job 77: PENDING"));
        run.session().stop(StopKind.INTERRUPT, "interrupt");
        run.outcome();

        WorkflowRequest anew = bench.flow(FAR).with(new ResumeOptions(false, false, Map.of(), Set.of("far")));
        assertThat(bench.submitter("cairn").run(anew))
                .isInstanceOfSatisfying(
                        OpenResult.Refused.class,
                        refused -> assertThat(refused.reasons())
                                .singleElement()
                                .asString()
                                .contains("step far is under way as Slurm job 77 (PENDING)", "scancel"));

        says(
                "squeue",
                "name=$(cat " + folder
                        + "/name); echo \"77|NODE_FAIL|None||$name|x\"; echo \"78|PENDING|None||$name|x\"");
        Bench.Running next = bench.start(bench.submitter("cairn").run(anew));
        Bench.until(() -> said(next, "Slurm job 78: PENDING"));
        assertThat(next.folder().ofJob("far").path().resolve("submission.json"))
                .content()
                .contains("\"number\" : 2", "\"restart\" : true");
        next.die();
    }

    @Test
    void instancesThatAreReadyTogetherAreSubmittedTogether() throws Exception {
        says("sbatch", NOTES_THE_NAME + "echo \"$@\" >>" + folder + "/asked; echo 90");
        says(
                "squeue",
                "name=$(cat " + folder
                        + "/name); echo \"90_1|RUNNING|None|n1|$name|x\"; echo \"90_3|PENDING|JobArrayTaskLimit||$name|x\"");
        says("scancel", "echo \"$@\" >>" + folder + "/cancelled");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(MATRIX)));
        Bench.until(() -> said(run, "Slurm job 90_1: RUNNING on n1"));
        assertThat(Files.readAllLines(folder.resolve("asked")))
                .singleElement()
                .asString()
                .contains("--array=1-3%2", "--job-name=cairn-" + run.folder().runId() + "-far ")
                .contains("/steps/far.%a/job/slurm-%A_%a.log");
        Bench.until(() -> state(run, "far.2") == StepState.CANCELLED);
        assertThat(run.step("far.2").message())
                .as("what was cancelled before it started is shown no more")
                .isEqualTo("Slurm job 90_2 was cancelled");

        run.session().stop(StopKind.CANCEL, "cancel");
        Bench.until(() -> lines(folder.resolve("cancelled")) == 2);
        assertThat(Files.readAllLines(folder.resolve("cancelled"))).containsExactlyInAnyOrder("90_1", "90_3");
        says(
                "squeue",
                "name=$(cat " + folder + "/name); for i in 1 3; do echo \"90_$i|CANCELLED|None||$name|x\"; done");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
    }

    /** Between Slurm's yes and the members' notes of it. */
    @Test
    void anArrayWhoseSubmitterDiedIsFoundAgain() throws Exception {
        says(
                "sbatch",
                NOTES_THE_NAME + "echo \"$@\" >>" + folder + "/asked; touch " + folder + "/there; while [ ! -e "
                        + folder + "/go ]; do sleep 0.05; done; exit 1");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(MATRIX)));
        Bench.until(() -> Files.exists(folder.resolve("there")));
        run.die();
        Files.createFile(folder.resolve("go"));

        says(
                "squeue",
                "name=$(cat " + folder + "/name); for i in 1 2 3; do echo \"90_$i|PENDING|None||$name|cairn:"
                        + run.folder().runId() + "/far/array-1.1\"; done");
        Bench.Running next = bench.start(bench.submitter("cairn").run(bench.flow(MATRIX)));
        Bench.until(() -> said(next, "Slurm job 90_3: PENDING"));
        next.session().stop(StopKind.INTERRUPT, "interrupt");
        assertThat(next.outcome().state()).isEqualTo(RunState.RUNNING);
        assertThat(Files.readAllLines(folder.resolve("asked"))).hasSize(1);
    }

    @Test
    void whereSlurmTakesNoArrayEachInstanceIsAJob() throws Exception {
        says(
                "sbatch",
                "echo \"$@\" >>" + folder + "/asked; case \"$*\" in *--array*)"
                        + " echo 'sbatch: error: Batch job submission failed: Invalid job array specification' >&2; exit 1;; esac;"
                        + " echo 9$(wc -l <" + folder + "/asked)");
        says("squeue", "true");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(MATRIX)));
        Bench.until(() -> said(run, "Slurm takes no array")
                && run.events().stream()
                                .filter(event -> event instanceof RunEvent.Note note
                                        && note.message().startsWith("submitted as Slurm job 9"))
                                .count()
                        == 3);
        assertThat(Files.readAllLines(folder.resolve("asked")).stream().skip(1))
                .allSatisfy(line -> assertThat(line).doesNotContain("--array").contains("/far.", "-far."));
        run.die();
    }

    @Test
    void saysOnceWhyNothingIsSubmittedYet() throws Exception {
        says("sbatch", """
                case "$*" in *--array*) what=array;; *) what=job;; esac
                cd %s
                echo >>$what
                [ $(wc -l <$what) -le 2 ] && reason=one || reason=another
                echo "sbatch: error: Unable to contact slurm controller, $reason" >&2
                exit 1
                """.formatted(folder));
        says("squeue", "true");
        Bench.Running run = bench.start(bench.submitter("cairn")
                .run(bench.flow(MATRIX + "  - {id: alone, needs: [], runs_on: slurm, run: x}\n")));
        List<String> once = List.of(
                "not submitted yet: sbatch: error: Unable to contact slurm controller, one; trying again",
                "not submitted yet: sbatch: error: Unable to contact slurm controller, another; trying again");
        for (String step : List.of("far", "alone")) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(run.events())
                            .filteredOn(RunEvent.Note.class::isInstance)
                            .map(RunEvent.Note.class::cast)
                            .filteredOn(note -> note.step().equals(Optional.of(step)))
                            .extracting(RunEvent.Note::message)
                            .containsExactlyElementsOf(once));
        }
        run.die();
    }

    private static StepState state(Bench.Running run, String step) {
        try {
            return run.step(step).state();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A controller that is killed forgets the jobs of its last seconds, and gives their ids to others. */
    @Test
    void aJobWhoseIdIsAnothersByNowIsGone() throws Exception {
        says("sbatch", NOTES_THE_NAME + "cd " + folder + "; [ -e first ] && echo 78 || { touch first; echo 77; }");
        says("scancel", "echo \"$@\" >>" + folder + "/cancelled");
        says(
                "squeue",
                "echo '77|RUNNING|None|n1|of-somebody-else|x'; echo \"78|RUNNING|None|n1|$(cat " + folder
                        + "/name)|x\"");
        Bench.Running run = bench.start(bench.submitter("cairn").run(bench.flow(FAR)));
        Bench.until(() -> said(run, "Slurm job 78: RUNNING on n1"));
        assertThat(said(run, "Slurm job 77: RUNNING")).isFalse();
        run.session().stop(StopKind.CANCEL, "cancel");
        Bench.until(() -> Files.exists(folder.resolve("cancelled")));
        assertThat(folder.resolve("cancelled")).hasContent("78");
        says("squeue", "echo \"78|CANCELLED|None|n1|$(cat " + folder + "/name)|x\"");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
    }

    private static boolean said(Bench.Running run, String what) {
        return run.events().stream()
                .anyMatch(event ->
                        event instanceof RunEvent.Note note && note.message().contains(what));
    }

    private static Optional<String> asked(Requests requests) {
        try {
            return requests.pending().stream()
                    .filter(pending -> pending.command() instanceof RunCommand.Cancel)
                    .map(Requests.Pending::id)
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysWhenThereIsNoSlurm() throws Exception {
        bench.environment().put("PATH", folder.toString());
        OpenResult opening = bench.submitter("cairn").run(bench.flow(FAR));
        assertThat(((OpenResult.Refused) opening).reasons())
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
