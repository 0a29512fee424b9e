package dev.cairn.run;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.walk.Capacity;
import dev.cairn.slurm.BatchJob;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Steps that ask for more cpus than their batch job has: they run with what there is, and that is said. */
final class Shortage {
    private Shortage() {}

    static List<RunEvent> notes(Plan plan, BatchJob job, Instant now) {
        double granted = Capacity.of(job).cpus();
        return Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(List::stream)
                .filter(step ->
                        step.placement().slurm().isEmpty() && step.placement().cpus() > granted)
                .map(step -> note(step, granted, job, now))
                .toList();
    }

    private static RunEvent note(PlanStep step, double granted, BatchJob job, Instant now) {
        return new RunEvent.Note(
                now,
                Optional.of(step.id()),
                "asks for " + number(step.placement().cpus()) + " cpus, and Slurm granted job " + job.id() + " "
                        + number(granted) + ": it runs with " + number(granted));
    }

    private static String number(double cpus) {
        return cpus == Math.rint(cpus) ? Long.toString((long) cpus) : Double.toString(cpus);
    }
}
