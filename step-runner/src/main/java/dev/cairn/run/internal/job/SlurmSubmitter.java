package dev.cairn.run.internal.job;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.BatchScript;
import dev.cairn.slurm.JobRequest;
import dev.cairn.slurm.QueueLine;
import dev.cairn.slurm.SlurmException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Submits a step's job, once. The submission is recorded before {@code sbatch} starts. If its id is unknown, the queue
 * is searched for its comment, and the step's folder for the file that a job writes at its start, before another job is
 * submitted.
 */
final class SlurmSubmitter {
    private static final int NEXT_TRY_SECONDS = 10;

    private final RunFolder part;
    private final String stepId;
    private final RunOrigin origin;
    private final JobPlan plan;
    private final SlurmJobTracker tracker;
    private final StepServices services;
    private final Optional<JobArray> joining;
    private final Function<String, JobArray> arrays;

    /**
     * @param part the folder of the step's job
     * @param joining the array that is being formed and that expects this step
     * @param arrays the arrays by their tags, including those of a former runner
     */
    SlurmSubmitter(
            RunFolder part,
            String stepId,
            RunOrigin origin,
            JobPlan plan,
            SlurmJobTracker tracker,
            StepServices services,
            Optional<JobArray> joining,
            Function<String, JobArray> arrays) {
        this.part = part;
        this.stepId = stepId;
        this.origin = origin;
        this.plan = plan;
        this.tracker = tracker;
        this.services = services;
        this.joining = joining;
        this.arrays = arrays;
    }

    /**
     * The submission that is under way, or a new one.
     *
     * @param stopped opened when submitting must stop
     * @return a submission with the id of its job; empty if it was stopped first
     * @throws SlurmException if Slurm refuses the job
     */
    Optional<Submission> submission(StepManifest manifest, ResumeChoice wish, CountDownLatch stopped)
            throws IOException, SlurmException, InterruptedException {
        Optional<Submission> last = Submission.read(part);
        boolean open = last.filter(s -> s.over().isEmpty()).isPresent();
        Submission submission;
        try {
            if (open && last.get().job().isPresent()) {
                return last;
            }
            if (stopped.getCount() == 0) {
                return Optional.empty();
            }
            submission = open ? last.get() : next(last, manifest, wish);
        } finally {
            joining.ifPresent(JobArray::ready);
        }
        boolean mayBeThere = open;
        String told = "";
        while (true) {
            try {
                Submission taken = submission.array().isPresent() ? inArray(submission) : alone(submission, mayBeThere);
                submission = taken.write(part, services.publisher());
                if (submission.job().isPresent()) {
                    return Optional.of(submission);
                }
                mayBeThere = false;
                continue;
            } catch (SlurmException e) {
                if (e.kind() == SlurmException.Kind.REFUSED || e.kind() == SlurmException.Kind.MISSING) {
                    throw e;
                }
                mayBeThere = true;
                if (submission.array().isEmpty() && !told.equals(e.getMessage())) {
                    told = String.valueOf(e.getMessage());
                    tell("not submitted yet: " + told + "; trying again");
                }
            }
            if (stopped.await(NEXT_TRY_SECONDS, TimeUnit.SECONDS)) {
                return Optional.empty();
            }
        }
    }

    /** @return the submission with its job; without a job, and outside an array, if Slurm refuses arrays */
    private Submission inArray(Submission submission) throws IOException, SlurmException, InterruptedException {
        Optional<String> job = arrays.apply(submission.array().orElseThrow()).jobOf(stepId);
        job.ifPresent(id -> tell("is Slurm job " + id));
        return job.map(submission::as).orElseGet(() -> submission.alone(plan.name(), comment(submission.number())));
    }

    private Submission alone(Submission submission, boolean mayBeThere)
            throws IOException, SlurmException, InterruptedException {
        Optional<String> found = mayBeThere ? find(submission) : Optional.empty();
        String id = found.isPresent() ? found.get() : submit(submission);
        tell((found.isPresent() ? "found again: Slurm job " : "submitted as Slurm job ") + id);
        return submission.as(id);
    }

    private String comment(long number) {
        return "cairn:" + part.runId() + "/" + stepId + "/" + number;
    }

    /** Records the submission before Slurm is asked. The step waits from now on. */
    private Submission next(Optional<Submission> last, StepManifest manifest, ResumeChoice wish) throws IOException {
        long number = last.map(Submission::number).orElse(0L) + 1;
        DurableFiles.createFolders(part.requests());
        if (!Presence.isThere(part.manifest())) {
            RunManifest.create(part, origin, services.clock().instant())
                    .save(services.publisher(), services.clock().instant());
        }
        manifest.state(StepState.READY, "waits in Slurm's queue");
        manifest.save(services.publisher());
        return new Submission(
                        number,
                        joining.map(JobArray::tag),
                        joining.map(JobArray::name).orElse(plan.name()),
                        joining.map(JobArray::comment).orElse(comment(number)),
                        Optional.empty(),
                        Optional.empty(),
                        newestImage(manifest),
                        last.map(Submission::idle).orElse(0),
                        wish)
                .write(part, services.publisher());
    }

    /** If Slurm accepted the job anyway, the job finds nothing to do. */
    void giveUp() throws IOException {
        Optional<Submission> last =
                Submission.read(part).filter(open -> open.over().isEmpty());
        if (last.isPresent()) {
            last.get().ended("given up").write(part, services.publisher());
        }
    }

    static long newestImage(StepManifest manifest) {
        return manifest.images().stream().mapToLong(ImageRecord::sequence).max().orElse(-1);
    }

    private Optional<String> find(Submission submission) throws IOException, SlurmException, InterruptedException {
        OrphanedSubmission.await(submission.comment());
        Optional<String> started = submission.started(part);
        return started.isPresent()
                ? started
                : tracker.slurm().queueOf(submission.name()).stream()
                        .filter(line -> line.comment().equals(submission.comment()))
                        .map(QueueLine::id)
                        .findFirst();
    }

    private String submit(Submission submission) throws SlurmException, InterruptedException {
        tracker.submitters().acquire();
        try {
            JobRequest request = new JobRequest(
                    submission.name(),
                    submission.comment(),
                    plan.folder(),
                    part.path().resolve("slurm-%j.log"),
                    NodeCpuLimit.settings(plan, tracker, this::tell),
                    plan.further());
            List<String> command = new ArrayList<>(plan.command());
            command.add(Long.toString(submission.number()));
            return tracker.slurm().submit(request, BatchScript.bare(command));
        } finally {
            tracker.submitters().release();
        }
    }

    private void tell(String what) {
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(stepId), what));
    }
}
