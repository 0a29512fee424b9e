package dev.cairn.run.internal.job;

import dev.cairn.run.event.RunListener;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.step.LocalExecution;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.slurm.Slurm;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The steps of one run that are sent to Slurm. */
public final class SlurmSteps {
    private final RunFolder run;
    private final RunOrigin origin;
    private final SlurmJobTracker tracker;
    private final Owners owners;
    private final StepServices services;
    private final RunListener shown;
    private final Map<String, JobArray> arrays = new ConcurrentHashMap<>();
    private Optional<JobArray> forming = Optional.empty();
    private int formed;

    /** @param shown receives the events of jobs, for display only: the jobs record them themselves */
    public SlurmSteps(
            RunFolder run, RunOrigin origin, Slurm slurm, Owners owners, StepServices services, RunListener shown) {
        this.run = run;
        this.origin = origin;
        this.tracker = new SlurmJobTracker(slurm);
        this.owners = owners;
        this.services = services;
        this.shown = shown;
    }

    /**
     * Lets the executions that are created next share one array, which is submitted once they all have begun. Belongs
     * to one thread, like {@link #execution}.
     *
     * @return to be called when all were created
     */
    public Runnable gather(ArrayPlan plan) {
        JobArray array = JobArray.forming(run, plan, services.epoch() + "." + ++formed, tracker, services);
        arrays.put(array.tag(), array);
        forming = Optional.of(array);
        return () -> {
            forming = Optional.empty();
            array.ready();
        };
    }

    /**
     * @param array the plan of the step's array, to find an array that a former runner submitted
     * @param local the step's execution on this host, to conclude an attempt that a job left open
     */
    public StepExecution execution(StepManifest manifest, JobPlan plan, ArrayPlan array, LocalExecution local) {
        String step = manifest.stepId();
        RunFolder part = run.ofJob(step);
        Optional<JobArray> joining = forming.filter(now -> now.hasMember(step));
        joining.ifPresent(JobArray::expect);
        return new SlurmExecution(
                manifest,
                part,
                new SlurmSubmitter(
                        part,
                        step,
                        origin,
                        plan,
                        tracker,
                        services,
                        joining,
                        tag -> arrays.computeIfAbsent(
                                tag, unknown -> JobArray.found(run, array, tag, tracker, services))),
                tracker,
                owners,
                services,
                local,
                new SlurmEventReporter(manifest, services.listener(), shown, services.clock()));
    }

    /** Whether a job of the step may be in the queue or running. */
    public boolean isUnderWay(String stepId) {
        return Submission.isOpen(run.ofJob(stepId));
    }
}
