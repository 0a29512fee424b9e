package dev.cairn.run;

import dev.cairn.run.step.Engines;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.spec.Workflow;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a plan asks for that this Cairn cannot do: said before anything starts, all at once. */
final class Preflight {
    private Preflight() {}

    static List<String> reasonsAgainst(Workflow workflow, Plan plan, Engines engines) {
        List<String> reasons = reasonsAgainst(plan, engines);
        if (!workflow.notifications().isEmpty()) {
            reasons.add("this version of Cairn checks 'notify' but cannot notify yet; a step under 'on_failure' or"
                    + " 'finally' can");
        }
        return reasons;
    }

    static List<String> reasonsAgainst(Plan plan, Engines engines) {
        List<String> reasons = new ArrayList<>();
        Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(List::stream)
                .forEach(step -> check(step, engines, reasons));
        return reasons;
    }

    private static void check(PlanStep step, Engines engines, List<String> reasons) {
        if (step.action() instanceof Action.Uses uses) {
            if (!engines.actions().contains(uses.what())) {
                reasons.add("step " + step.id() + ": 'uses: " + uses.what() + "' cannot be run by this program: it was"
                        + " started without what carries it out; 'cairn run' has it");
            }
            return; // it has no process, and so no engine
        }
        if (step.placement().slurm().isPresent()) {
            reasons.add(
                    "step " + step.id() + ": this version of Cairn checks 'runs_on: slurm' but cannot submit jobs yet; "
                            + "'cairn run' as a batch script's only line works");
        }
        if (step.placement().baselineCpu()) {
            reasons.add("step " + step.id()
                    + ": this version of Cairn checks 'cpu: baseline' but cannot hide CPU features yet; without it the"
                    + " step's images fit only hosts that have every feature of the one where it starts");
        }
        if (step.policies().checkpoint().keepBinaries()) {
            reasons.add("step " + step.id()
                    + ": this version of Cairn checks 'checkpoint.keep_binaries' but cannot keep programs and libraries"
                    + " with the images yet; an image is refused, by name, when one of them has changed");
        }
        String engine = step.policies().checkpoint().engine();
        if (!engines.names().contains(engine)) {
            reasons.add("step " + step.id() + ": there is no checkpoint.engine '" + engine + "' here; there are "
                    + String.join(", ", engines.names()));
        }
    }
}
