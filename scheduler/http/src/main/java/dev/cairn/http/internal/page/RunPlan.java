package dev.cairn.http.internal.page;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a run's workflow says of its steps, as the run has its text; none for the run of a command, or when the text cannot be read.
 * Immutable.
 */
record RunPlan(Optional<Plan> plan, Optional<String> command) {

    static RunPlan of(RunManifest run, Clock clock) throws IOException {
        RunOrigin origin = run.origin();
        Optional<String> command = origin.command().map(it -> String.join(" ", it.words()));
        return new RunPlan(origin.workflow().isEmpty() ? Optional.empty() : planned(run, clock), command);
    }

    private static Optional<Plan> planned(RunManifest run, Clock clock) throws IOException {
        RunOrigin origin = run.origin();
        try {
            String text = OrdinaryFile.ownText(run.folder().workflow());
            return Workflows.read(text, origin.workflow().orElseThrow()) instanceof Result.Ok<Workflow> workflow
                            && Workflows.plan(workflow.value(), origin.inputs(), clock) instanceof Result.Ok<Plan> plan
                    ? Optional.of(plan.value())
                    : Optional.empty();
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /** In the order of the plan, without those of used files' edges. */
    List<PlanStep> steps() {
        return plan.map(Plan::steps).orElse(List.of());
    }

    /** What a step runs, as it is written; empty when that is not known. */
    String commandOf(String stepId) {
        return plan.flatMap(it -> step(it, stepId))
                .map(step -> written(step.action()))
                .or(() -> command)
                .orElse("");
    }

    private static Optional<PlanStep> step(Plan plan, String stepId) {
        List<PlanStep> all = new ArrayList<>(plan.steps());
        all.addAll(plan.onFailure());
        all.addAll(plan.atEnd());
        return all.stream().filter(step -> isOf(stepId, step.id())).findFirst();
    }

    /** Whether an id is that of a step or of one of its instances. */
    static boolean isOf(String id, String step) {
        return id.equals(step)
                || id.startsWith(step + ".") && id.substring(step.length() + 1).matches("\\d+");
    }

    private static String written(Action action) {
        if (action instanceof Action.Script script) {
            return script.text().text().strip();
        }
        if (action instanceof Action.Command words) {
            return words.words().stream().map(Template::text).collect(Collectors.joining(" "));
        }
        return action instanceof Action.Uses uses ? "uses: " + uses.what() : "";
    }
}
