package dev.cairn.cli.run;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command of a step as one line. It is the text of the workflow file, so it holds no secret. */
final class CommandText {
    private static final int LONGEST = 160;

    private CommandText() {}

    /** @param id the id of an instance; empty for one that the plan does not have */
    static Optional<String> of(Plan plan, String id) {
        return step(plan, id).map(CommandText::of);
    }

    /** Whether an instance represents the steps of a workflow file, which have lines of their own. */
    static boolean isEdgeOfPart(Plan plan, String id) {
        return step(plan, id).filter(PlanStep::isEdgeOfPart).isPresent();
    }

    private static Optional<PlanStep> step(Plan plan, String id) {
        return Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(steps -> steps.stream())
                .filter(step -> step.matrix().instances().stream()
                        .anyMatch(it -> it.id().equals(id)))
                .findFirst();
    }

    private static String of(PlanStep step) {
        if (step.action() instanceof Action.Script script) {
            return cut("run: " + script.text().text().strip().replaceAll("\\s*\\n\\s*", "; "));
        }
        if (step.action() instanceof Action.Command command) {
            return cut(
                    "command: " + command.words().stream().map(Template::text).collect(Collectors.joining(" ")));
        }
        if (step.action() instanceof Action.Uses uses) {
            return "uses: " + uses.what();
        }
        return "uses: " + step.use().map(use -> use.file().toString()).orElse("");
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
