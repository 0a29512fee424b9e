package dev.cairn.run.internal.job;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.slurm.BatchScript;
import dev.cairn.slurm.JobRequest;
import dev.cairn.slurm.QueueLine;
import dev.cairn.slurm.SlurmException;
import dev.cairn.slurm.TaskList;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Instances of a matrix that one {@code sbatch} submits, as the tasks of an array. The state of the array is in the submissions of its
 * members, which are durable before the array is submitted. After a crash, a runner finds the members there and the array by its
 * comment.
 * Thread-safe; one member at a time asks Slurm for all of them.
 */
final class JobArray {
    private static final Duration NEXT_TRY = Duration.ofSeconds(10);

    private final RunFolder run;
    private final ArrayPlan plan;
    private final String tag;
    private final SlurmJobTracker tracker;
    private final StepServices services;
    private final Phaser members;
    private final Semaphore asking = new Semaphore(1);
    private boolean mayBeThere;
    private boolean refused;
    private @Nullable String id;
    private @Nullable SlurmException unheard;
    private long unheardAt;

    private JobArray(
            RunFolder run, ArrayPlan plan, String tag, SlurmJobTracker tracker, StepServices services, Phaser members) {
        this.run = run;
        this.plan = plan;
        this.tag = tag;
        this.tracker = tracker;
        this.services = services;
        this.members = members;
    }

    /**
     * A new array. It waits until {@link #expect} has announced each member and the caller has called {@link #ready}.
     */
    static JobArray forming(RunFolder run, ArrayPlan plan, String tag, SlurmJobTracker tracker, StepServices services) {
        return new JobArray(run, plan, tag, tracker, services, new Phaser(1));
    }

    /** An array of a former runner: one of its members was found, but its id is not known. */
    static JobArray found(RunFolder run, ArrayPlan plan, String tag, SlurmJobTracker tracker, StepServices services) {
        Phaser nobody = new Phaser();
        nobody.forceTermination();
        JobArray array = new JobArray(run, plan, tag, tracker, services, nobody);
        array.mayBeThere = true;
        return array;
    }

    String tag() {
        return tag;
    }

    String name() {
        return plan.job().name();
    }

    String comment() {
        return "cairn:" + run.runId() + "/" + plan.stepId() + "/array-" + tag;
    }

    boolean hasMember(String step) {
        return plan.tasks().containsKey(step);
    }

    void expect() {
        members.register();
    }

    void ready() {
        members.arriveAndDeregister();
    }

    /**
     * The job of a member; submits the array, or looks for it, unless another member has done so.
     *
     * @return empty if Slurm refuses such an array
     * @throws SlurmException if Slurm did not answer: the array may exist anyway
     */
    Optional<String> jobOf(String step) throws IOException, SlurmException, InterruptedException {
        members.awaitAdvanceInterruptibly(0);
        asking.acquire();
        try {
            if (id == null && !refused) {
                ask();
            }
            return Optional.ofNullable(id)
                    .map(array -> array + "_" + plan.tasks().get(step));
        } finally {
            asking.release();
        }
    }

    private void ask() throws IOException, SlurmException, InterruptedException {
        if (unheard != null && System.nanoTime() - unheardAt < NEXT_TRY.toNanos()) {
            throw unheard;
        }
        try {
            Optional<String> found = mayBeThere ? find() : Optional.empty();
            mayBeThere = true; // also when this member is interrupted while sbatch is under way
            id = found.isPresent() ? found.get() : submit();
        } catch (SlurmException e) {
            if (e.kind() == SlurmException.Kind.UNCLEAR) {
                if (unheard == null || !Objects.equals(unheard.getMessage(), e.getMessage())) {
                    tell("not submitted yet: " + e.getMessage() + "; trying again");
                }
                unheard = e;
                unheardAt = System.nanoTime();
                throw e;
            }
            refused = true;
            tell("Slurm takes no array (" + e.getMessage() + "): its instances are submitted one by one");
        }
    }

    private Optional<String> find() throws IOException, SlurmException, InterruptedException {
        OrphanedSubmission.await(comment());
        for (Map.Entry<RunFolder, Submission> member : submissions().entrySet()) {
            Submission submission = member.getValue();
            Optional<String> job =
                    submission.job().isPresent() ? submission.job() : submission.started(member.getKey());
            if (job.isPresent()) {
                return job.map(QueueLine::submittedId);
            }
        }
        return tracker.slurm().queueOf(name()).stream()
                .filter(line -> line.comment().equals(comment()))
                .map(line -> QueueLine.submittedId(line.id()))
                .findFirst();
    }

    private String submit() throws IOException, SlurmException, InterruptedException {
        List<Integer> tasks = new ArrayList<>();
        Map<RunFolder, Submission> submissions = submissions();
        for (String instance : plan.instances()) {
            if (submissions.containsKey(run.ofJob(instance))) {
                tasks.add(plan.tasks().get(instance));
            }
        }
        Map<String, String> settings = new TreeMap<>(NodeCpuLimit.settings(plan.job(), tracker, this::tell));
        OptionalInt atMost = plan.atMost() < tasks.size() ? OptionalInt.of(plan.atMost()) : OptionalInt.empty();
        settings.put("array", TaskList.text(tasks, atMost));
        JobRequest request = new JobRequest(
                name(),
                comment(),
                plan.job().folder(),
                run.ofJob(ArrayPlan.instance(plan.stepId(), "%a")).path().resolve("slurm-%A_%a.log"),
                settings,
                plan.job().further());
        List<String> command = new ArrayList<>(plan.job().command());
        command.add(tag);
        String array = tracker.slurm().submit(request, BatchScript.bare(command));
        tell(tasks.size() + " instances submitted as Slurm's array " + array);
        return array;
    }

    /** The images of members that have not ended. */
    private Map<RunFolder, Submission> submissions() throws IOException {
        Map<RunFolder, Submission> open = new HashMap<>();
        for (String instance : plan.instances()) {
            RunFolder part = run.ofJob(instance);
            Submission.read(part)
                    .filter(submission -> submission.isOpenIn(tag))
                    .ifPresent(submission -> open.put(part, submission));
        }
        return open;
    }

    private void tell(String what) {
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(plan.stepId()), what));
    }
}
