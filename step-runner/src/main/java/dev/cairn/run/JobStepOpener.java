package dev.cairn.run;

import dev.cairn.files.Trust;
import dev.cairn.run.internal.execution.RecordedResults;
import dev.cairn.run.internal.job.ArrayPlan;
import dev.cairn.run.internal.job.Submission;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.store.RunOpener;
import dev.cairn.run.manifest.MatrixRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.slurm.BatchJob;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Placement;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.resolve.StepResults;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Opens one step of a run in the Slurm job that was submitted for it. */
final class JobStepOpener {
    private final RunnerContext context;
    private final RunOpener opener;

    JobStepOpener(RunnerContext context, RunOpener opener) {
        this.context = context;
        this.opener = opener;
    }

    /** A step of the plan, and the one instance that the job runs. */
    private record Meant(PlanStep step, Instance instance) {}

    /** Finds the step of this job. */
    OpenResult open(RunFolder run, String stepId, long number) throws IOException, InterruptedException {
        return open(run, stepId, submission -> submission.number() == number);
    }

    /** Finds the instance of a step that this task of an array runs. */
    OpenResult openTask(RunFolder run, String stepId, String array) throws IOException, InterruptedException {
        OptionalInt task = context.job().map(BatchJob::task).orElseGet(OptionalInt::empty);
        return task.isEmpty()
                ? refused("this is what a task of a Slurm array runs, and this is none")
                : open(
                        run,
                        ArrayPlan.instance(stepId, Integer.toString(task.getAsInt())),
                        submission -> submission.isOpenIn(array));
    }

    private OpenResult open(RunFolder run, String stepId, Predicate<Submission> isMeant)
            throws IOException, InterruptedException {
        Trust.ofThisProcess().check(run.path());
        RunFolder part = run.ofJob(stepId);
        Optional<Submission> submission = Submission.read(part);
        Optional<BatchJob> job = context.job();
        if (job.isEmpty()) {
            return refused("this is what a Slurm job runs, and this is none");
        }
        if (submission.filter(isMeant).isEmpty() || submission.get().over().isPresent()) {
            return refused("this submission of step " + stepId
                    + " is over: the end of the step is recorded already; nothing to do");
        }
        RunOpener.Opened opened = opener.open(part);
        if (!(opened instanceof RunOpener.Opened.Ours ours)) {
            RunOpener.Opened.Held held = (RunOpener.Opened.Held) opened;
            return new OpenResult.Held(held.run(), held.owner());
        }
        return OwnedRun.orLetGo(ours.ownership(), () -> open(run, ours, submission.get(), stepId, job.get()));
    }

    private OpenResult open(
            RunFolder run, RunOpener.Opened.Ours ours, Submission submission, String stepId, BatchJob job)
            throws IOException {
        RunFolder part = ours.run().folder();
        boolean first = submission.started(part).isEmpty();
        String holder = submission.start(part, job.id());
        if (!holder.equals(job.id())) {
            return refused(
                    "step " + stepId + " was submitted twice; job " + holder + " has it, and this one does nothing");
        }
        Result<Plan> planned = plan(ours, run);
        if (!(planned instanceof Result.Ok<Plan> plan)) {
            return new OpenResult.Invalid(planned.problems());
        }
        Optional<Meant> meant = find(plan.value(), stepId);
        if (meant.isEmpty()) {
            return refused("there is no step " + stepId + " in " + run.workflow());
        }
        StepResults results = new RecordedResults(run, plan.value());
        return new OpenResult.Ready(new RunSession(
                ours.run(),
                alone(plan.value(), meant.get()),
                ours.ownership(),
                ours.broken(),
                first,
                RunChange.NONE,
                options(submission, stepId, first),
                context,
                (session, services) -> ownResults -> new SingleStepTaskFactory(
                        new StepTaskFactory(
                                plan.value(),
                                part,
                                ours.run().origin(),
                                context.environment(),
                                services,
                                Optional.empty(),
                                List.of(),
                                context.successes(),
                                results),
                        meant.get().step())));
    }

    private static OpenResult refused(String reason) {
        return new OpenResult.Refused(List.of(reason));
    }

    private Result<Plan> plan(RunOpener.Opened.Ours ours, RunFolder run) throws IOException {
        Path file = ours.run().origin().workflow().orElse(run.workflow());
        Result<Workflow> workflow = Workflows.read(StoredWorkflow.readBeside(run), file);
        if (!(workflow instanceof Result.Ok<Workflow> read)) {
            return new Result.Broken<>(workflow.problems());
        }
        Result<Plan> planned = Workflows.plan(read.value(), ours.run().origin().inputs(), context.clock());
        if (planned instanceof Result.Ok<Plan> plan) {
            MatrixRecord.apply(run, plan.value());
        }
        return planned;
    }

    private static Optional<Meant> find(Plan plan, String id) {
        return Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(List::stream)
                .flatMap(step -> step.matrix().instances().stream()
                        .filter(instance -> instance.id().equals(id))
                        .map(instance -> new Meant(step, instance)))
                .findFirst();
    }

    /** A plan with only this step, since the submitting runner decided that the step may start. */
    private static Plan alone(Plan plan, Meant meant) {
        PlanStep step = meant.step();
        Placement placement = step.placement();
        PlanStep alone = step.alone(
                step.matrix().alone(meant.instance()),
                new Placement(Optional.empty(), placement.cpus(), placement.memoryBytes(), placement.baselineCpu()));
        return new Plan(
                plan.name(),
                plan.folder(),
                plan.inputs(),
                List.of(alone),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                plan.secrets(),
                List.of()); // the run's own runner delivers all notifications
    }

    /** A requested restart is done once, and not again after each requeue. */
    private static ResumeOptions options(Submission submission, String stepId, boolean first) {
        ResumeChoice wish = submission.wish();
        return new ResumeOptions(
                        wish.acceptChanged(),
                        false,
                        first && wish.at().isPresent()
                                ? Map.of(stepId, wish.at().getAsLong())
                                : Map.of(),
                        first && wish.restart() ? Set.of(stepId) : Set.of())
                .moved(wish.moved());
    }
}
