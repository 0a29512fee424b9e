package dev.cairn.workflow;

import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/** Workflows from texts, for tests. */
public final class Texts {

    /** The 29th of February in Berlin, still the 28th in UTC. */
    public static final Clock CLOCK = Clock.fixed(Instant.parse("2024-02-28T23:30:00Z"), ZoneId.of("Europe/Berlin"));

    public static final Path FILE = Path.of("/project/flow.yaml");

    private Texts() {}

    public static Result<Workflow> read(String yaml) {
        return Workflows.read(yaml, FILE);
    }

    /** {@code line:column: path: message}, without the file's name. */
    public static List<String> problems(String yaml) {
        return read(yaml).problems().stream().map(Texts::withoutFile).toList();
    }

    public static List<String> problemsOfPlan(String yaml, Map<String, String> inputs) {
        return Workflows.plan(read(yaml).orElseThrow(), inputs, CLOCK).problems().stream()
                .map(Texts::withoutFile)
                .toList();
    }

    public static String withoutFile(Problem problem) {
        return problem.toString().substring(problem.file().length() + 1);
    }

    public static Plan plan(String yaml) {
        return plan(yaml, Map.of());
    }

    public static Plan plan(String yaml, Map<String, String> inputs) {
        return Workflows.plan(read(yaml).orElseThrow(), inputs, CLOCK).orElseThrow();
    }

    public static PlanStep step(Plan plan, String id) {
        return plan.steps().stream()
                .filter(step -> step.id().equals(id))
                .findFirst()
                .orElseThrow();
    }
}
