package dev.cairn.run.job;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.files.DurableFiles;
import dev.cairn.run.ladder.ResumeWish;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.step.StepServices;
import dev.cairn.slurm.BatchScript;
import dev.cairn.slurm.JobRequest;
import dev.cairn.slurm.QueueLine;
import dev.cairn.slurm.SlurmException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Submits a step's job, once. The submission is written down before {@code sbatch} starts; a submission without an id is looked for, in the
 * queue by its comment and in the step's folder by what the job writes when it starts, before there is another.
 */
final class JobDesk {
    private static final int NEXT_TRY_SECONDS = 10;

    private final RunFolder part;
    private final String stepId;
    private final RunOrigin origin;
    private final JobPlan plan;
    private final JobBoard board;
    private final StepServices services;

    /** @param part the folder of the step's job */
    JobDesk(RunFolder part, String stepId, RunOrigin origin, JobPlan plan, JobBoard board, StepServices services) {
        this.part = part;
        this.stepId = stepId;
        this.origin = origin;
        this.plan = plan;
        this.board = board;
        this.services = services;
    }

    /**
     * The submission that is under way, or a new one.
     *
     * @param stopped opened when nothing is to be submitted any more
     * @return one whose job has an id; empty when it was stopped first
     * @throws SlurmException when Slurm refuses the job
     */
    Optional<Submission> submission(StepManifest manifest, ResumeWish wish, CountDownLatch stopped)
            throws IOException, SlurmException, InterruptedException {
        Optional<Submission> last = Submission.read(part);
        boolean open = last.filter(s -> s.over().isEmpty()).isPresent();
        if (open && last.get().job().isPresent()) {
            return last;
        }
        if (stopped.getCount() == 0) {
            return Optional.empty();
        }
        Submission submission = open ? last.get() : next(last, manifest, wish);
        boolean mayBeThere = open;
        while (true) {
            try {
                Optional<String> found = mayBeThere ? find(submission) : Optional.empty();
                String id = found.isPresent() ? found.get() : submit(submission);
                tell((found.isPresent() ? "found again: Slurm job " : "submitted as Slurm job ") + id);
                return Optional.of(submission.as(id).write(part, services.guard()));
            } catch (SlurmException e) {
                if (e.kind() == SlurmException.Kind.REFUSED || e.kind() == SlurmException.Kind.MISSING) {
                    throw e;
                }
                mayBeThere = true;
                tell("not submitted yet: " + e.getMessage() + "; trying again in " + NEXT_TRY_SECONDS + " s");
            }
            if (stopped.await(NEXT_TRY_SECONDS, TimeUnit.SECONDS)) {
                return Optional.empty();
            }
        }
    }

    /** Written down before anything is asked of Slurm; the step waits from now on. */
    private Submission next(Optional<Submission> last, StepManifest manifest, ResumeWish wish) throws IOException {
        long number = last.map(Submission::number).orElse(0L) + 1;
        DurableFiles.createFolders(part.requests());
        if (!Files.exists(part.manifest())) {
            RunManifest.create(part, origin, services.clock().instant())
                    .save(services.guard(), services.clock().instant());
        }
        manifest.state(StepState.READY, "waits in Slurm's queue");
        manifest.save(services.guard());
        return new Submission(
                        number,
                        plan.name(),
                        "cairn:" + part.runId() + "/" + stepId + "/" + number,
                        Optional.empty(),
                        Optional.empty(),
                        newestImage(manifest),
                        last.map(Submission::idle).orElse(0),
                        wish)
                .write(part, services.guard());
    }

    /** A job that Slurm may have taken all the same will find nothing to do. */
    void giveUp() throws IOException {
        Optional<Submission> last =
                Submission.read(part).filter(open -> open.over().isEmpty());
        if (last.isPresent()) {
            last.get().ended("given up").write(part, services.guard());
        }
    }

    static long newestImage(StepManifest manifest) {
        return manifest.images().stream().mapToLong(ImageRecord::sequence).max().orElse(-1);
    }

    private Optional<String> find(Submission submission) throws IOException, SlurmException, InterruptedException {
        awaitSubmitters(submission);
        Optional<String> started = submission.started(part);
        return started.isPresent()
                ? started
                : board.slurm().queueOf(submission.name()).stream()
                        .filter(line -> line.comment().equals(submission.comment()))
                        .map(QueueLine::id)
                        .findFirst();
    }

    /** A runner that died may have left its {@code sbatch} behind, which has yet to be heard by Slurm. */
    private static void awaitSubmitters(Submission submission) throws InterruptedException {
        String argument = "--comment=" + submission.comment();
        List<ProcessHandle> alive = ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .filter(words -> List.of(words).contains(argument))
                        .isPresent())
                .toList();
        for (ProcessHandle sbatch : alive) {
            try {
                sbatch.onExit().get(2, TimeUnit.MINUTES);
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException stuck) {
                sbatch.destroyForcibly();
            }
        }
    }

    private String submit(Submission submission) throws SlurmException, InterruptedException {
        board.submitters().acquire();
        try {
            JobRequest request = new JobRequest(
                    submission.name(),
                    submission.comment(),
                    plan.folder(),
                    part.path().resolve("slurm-%j.log"),
                    settings(),
                    plan.further());
            List<String> command = new java.util.ArrayList<>(plan.command());
            command.add(Long.toString(submission.number()));
            return board.slurm().submit(request, BatchScript.bare(command));
        } finally {
            board.submitters().release();
        }
    }

    /** A job that asks for more cpus than any node has would wait for ever: it gets what there is, and that is said. */
    private Map<String, String> settings() throws InterruptedException {
        String asked = plan.settings().getOrDefault(JobPlan.CPUS, "");
        OptionalInt most = asked.matches("[0-9]{1,6}") ? mostCpus() : OptionalInt.empty();
        if (most.isEmpty() || Integer.parseInt(asked) <= most.getAsInt()) {
            return plan.settings();
        }
        Map<String, String> less = new HashMap<>(plan.settings());
        less.put(JobPlan.CPUS, Integer.toString(most.getAsInt()));
        services.listener()
                .on(new RunEvent.Note(
                        services.clock().instant(),
                        Optional.of(stepId),
                        "asks for " + asked + " cpus, and the largest node there has " + most.getAsInt()
                                + ": it runs with " + most.getAsInt()));
        return less;
    }

    private OptionalInt mostCpus() throws InterruptedException {
        try {
            return board.slurm().mostCpus(Optional.ofNullable(plan.settings().get("partition")));
        } catch (SlurmException unheard) {
            return OptionalInt.empty();
        }
    }

    private void tell(String what) {
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(stepId), what));
    }
}
