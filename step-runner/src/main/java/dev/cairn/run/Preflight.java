package dev.cairn.run;

import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.notify.Notifier;
import dev.cairn.slurm.Slurm;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds every part of a plan that this Cairn does not support, before anything starts. */
final class Preflight {
    private Preflight() {}

    static List<String> reasonsAgainst(Plan plan, RunnerContext context) {
        List<String> reasons = new ArrayList<>();
        Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(List::stream)
                .forEach(step -> check(step, context, reasons));
        check(plan, context, reasons);
        return reasons;
    }

    private static void check(Plan plan, RunnerContext context, List<String> reasons) {
        if (!plan.notifications().isEmpty()) {
            reasons.addAll(context.deliveries()
                    .map(deliveries -> Notifier.obstacles(plan.notifications(), deliveries, plan.folder()))
                    .orElse(List.of("'notify' cannot be done by this program: it was started without what tells"
                            + " others; 'cairn run' has it")));
        }
    }

    private static void check(PlanStep step, RunnerContext context, List<String> reasons) {
        Engines engines = context.engines();
        if (step.isEdgeOfPart()) {
            return;
        }
        if (step.action() instanceof Action.Uses uses) {
            if (!engines.actions().contains(uses.what())) {
                reasons.add("step " + step.id() + ": 'uses: " + uses.what() + "' cannot be run by this program: it was"
                        + " started without what carries it out; 'cairn run' has it");
            }
            return; // it has no process, and so no engine
        }
        if (step.placement().slurm().isPresent()) {
            obstacleToJobs(context)
                    .ifPresent(obstacle ->
                            reasons.add("step " + step.id() + ": 'runs_on: slurm' cannot be had here: " + obstacle));
        }
        String engine = step.policies().checkpoint().engine();
        if (!engines.names().contains(engine)) {
            reasons.add("step " + step.id() + ": there is no checkpoint.engine '" + engine + "' here; there are "
                    + String.join(", ", engines.names()));
        }
    }

    private static Optional<String> obstacleToJobs(RunnerContext context) {
        return context.self().isEmpty()
                ? Optional.of("this program has no command for a job to start it; use 'cairn run'")
                : new Slurm(context.environment()).obstacle();
    }
}
