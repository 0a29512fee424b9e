package dev.cairn.run;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepProcess;
import dev.cairn.run.internal.job.ActiveJobs;
import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.Slurm;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks the choices that a person made for single steps, and refuses one that would have no effect. */
final class ResumeCheck {
    private final RunFolder run;
    private final Engines engines;
    private final ActiveJobs jobs;

    ResumeCheck(RunFolder run, RunnerContext context) {
        this.run = run;
        this.engines = context.engines();
        this.jobs = new ActiveJobs(new Slurm(context.environment()), context.owners());
    }

    List<String> reasonsAgainst(ResumeOptions options, Plan plan) throws IOException, InterruptedException {
        Set<String> known = Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(Collection<PlanStep>::stream)
                .flatMap(step -> step.matrix().instances().stream())
                .map(Instance::id)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> chosen = new TreeSet<>(options.restart());
        chosen.addAll(options.at().keySet());
        List<String> reasons = new ArrayList<>();
        Set<String> steps = plan.steps().stream().map(PlanStep::id).collect(Collectors.toCollection(TreeSet::new));
        for (String step :
                Stream.concat(options.from().stream(), options.only().stream()).toList()) {
            if (!known.contains(step) && !steps.contains(step) && !isLabel(step, plan)) {
                reasons.add("there is no step '" + step + "' in this run; there are " + String.join(", ", steps));
            }
        }
        for (String step : chosen) {
            reasonAgainst(step, known).ifPresent(reasons::add);
        }
        return reasons;
    }

    private static boolean isLabel(String text, Plan plan) {
        return plan.steps().stream()
                .flatMap(step -> step.matrix().instances().stream())
                .anyMatch(instance -> instance.label().equals(text));
    }

    /** Refuses a running step whose definition has changed, because the new plan cannot follow it. */
    List<String> reasonsAgainst(RunChange change) throws IOException, InterruptedException {
        List<String> reasons = new ArrayList<>();
        for (RunChange.Line line : change.steps()) {
            underWay(line.step(), StepManifest.read(run.step(line.step())))
                    .map(how -> "step " + line.step() + " " + line.words() + ", and it " + how + ". Stop it first"
                            + " (cairn checkpoint --stop), or resume with --as-submitted")
                    .ifPresent(reasons::add);
        }
        return reasons;
    }

    private Optional<String> underWay(String step, Optional<StepManifest> manifest)
            throws IOException, InterruptedException {
        if (manifest.filter(this::runs).isPresent()) {
            return Optional.of("still runs under its supervisor");
        }
        return jobs.of(run.ofJob(step)).map(job -> "is under way as " + job);
    }

    private Optional<String> reasonAgainst(String step, Set<String> known) throws IOException, InterruptedException {
        if (!known.contains(step)) {
            return Optional.of("there is no step '" + step + "' in this run; there are " + String.join(", ", known));
        }
        Optional<StepManifest> manifest = StepManifest.read(run.step(step));
        if (manifest.filter(m -> m.state() == StepState.SUCCEEDED).isPresent()) {
            return Optional.of("step " + step + " has succeeded and its images are gone; --from " + step
                    + " runs it and what depends on it again");
        }
        return underWay(step, manifest)
                .map(how -> "step " + step + " " + how + " and would be followed as it is; stop it first"
                        + " (cairn checkpoint --stop, or scancel while it waits)");
    }

    private boolean runs(StepManifest step) {
        Optional<AttemptRecord> open = step.openAttempt();
        if (open.isEmpty()) {
            return false;
        }
        AttemptRecord attempt = open.get();
        try {
            Optional<StepProcess> process =
                    engines.named(attempt.engine()).attach(step.folder().attempt(attempt.number()));
            process.ifPresent(StepProcess::close);
            return process.isPresent();
        } catch (EngineException e) {
            return false; // the runner that resumes it finds the same and reports it
        }
    }
}
