package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.StepGraph.Vertex;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.spec.Workflow;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks whether the parts of a workflow fit together, whatever its inputs will be. */
public final class SpecCheck {

    private final Workflow workflow;
    private final Problems problems;
    private final StepGraph graph;
    private final Reachability reachability;
    private final Vocabulary constants;

    private SpecCheck(Workflow workflow, Problems problems) {
        this.workflow = workflow;
        this.problems = problems;
        this.graph = StepGraph.of(workflow.steps(), problems);
        this.reachability = new Reachability(graph);
        this.constants = Vocabulary.ofRun()
                .with("inputs", workflow.inputs().keySet())
                .with("run", RunNames.RUN)
                .with("workflow", RunNames.WORKFLOW);
    }

    /** @param problems receives the problems between the parts: ids, needs, references, keys without effect */
    public static void check(Workflow workflow, Problems problems) {
        SpecCheck check = new SpecCheck(workflow, problems);
        InputValues.checkDefaults(workflow.inputs(), problems);
        workflow.schedules().forEach(check::schedule);
        for (Vertex vertex : check.graph.vertices()) {
            check.step(vertex.step(), Optional.of(vertex));
        }
        check.hooks();
        workflow.outputs()
                .values()
                .forEach(template -> check.constants
                        .with("steps", check.stepNames(Optional.empty()))
                        .check(template, problems));
        SharedTrees.check(workflow, check.graph, check.reachability, problems);
        check.reachability.answer();
    }

    private void hooks() {
        Map<String, Place> taken = new HashMap<>();
        graph.vertices().forEach(vertex -> taken.put(vertex.id(), vertex.step().place()));
        hooks("on_failure", workflow.onFailure(), taken);
        hooks("finally", workflow.atEnd(), taken);
    }

    private void hooks(String list, List<Step> steps, Map<String, Place> taken) {
        for (int i = 0; i < steps.size(); i++) {
            StepGraph.id(steps.get(i), list + "-" + (i + 1), taken, problems);
            if (steps.get(i).action().orElse(null) instanceof Work.Part part) {
                problems.add(part.file().place(), "not possible here: only \"steps\" can use a workflow file");
                continue;
            }
            step(steps.get(i), Optional.empty());
        }
    }

    /** @param vertex the step in the graph; empty for a hook, which comes after all steps */
    private void step(Step step, Optional<Vertex> vertex) {
        Vocabulary names = constants.with("steps", stepNames(vertex)).with("step", RunNames.STEP);
        if (step.strategy().isPresent()) {
            names = names.withValues(
                    "matrix", MatrixExpansion.names(step.strategy().get()));
            MatrixExpansion.check(step, matrixNames(step.strategy().get(), vertex), problems);
            step.strategy()
                    .get()
                    .maxParallel()
                    .flatMap(Setting::computed)
                    .ifPresent(most -> Vocabulary.ofPlan()
                            .with("inputs", workflow.inputs().keySet())
                            .check(most, problems));
        }
        if (step.action().orElse(null) instanceof Work.Part part) {
            new PartCheck(workflow, step, part, problems).check(names.without("step"));
            return;
        }
        Vocabulary all = new EnvironmentCheck(workflow, step, names, problems).check();
        StepTemplates.of(step, workflow.defaults()).forEach(template -> all.check(template, problems));
        Vocabulary limits = all.with("step", RunNames.STEP_AND_ATTEMPT);
        StepTemplates.ofLimits(step, workflow.defaults()).forEach(template -> limits.check(template, problems));
        StepTemplates.parameters(step).forEach(parameter -> all.check(parameter, problems));
        step.condition()
                .ifPresent(condition -> all.checkCondition(condition.expression(), condition.place(), problems));
        StepRules.check(step, workflow.defaults(), problems);
    }

    private Vocabulary.Names stepNames(Optional<Vertex> asking) {
        return (reference, place, ignored) -> {
            if (!Vocabulary.first(reference, "a step's id", graph.ids(), place, problems)) {
                return;
            }
            List<Part> parts = reference.parts();
            if (!(parts.get(0) instanceof Part.Key id)) {
                problems.add(place.at(parts.get(0).position()), "a step's id must be given as it is");
                return;
            }
            Vertex asked = graph.vertex(id.name()).orElseThrow();
            asking.ifPresent(step -> reachability.ask(
                    step, asked, () -> problems.add(place.at(id.position()), notNeeded(step.id(), asked.id()))));
            result(reference, asked, place);
        };
    }

    /** Checks the expressions of a matrix. */
    private Vocabulary matrixNames(Strategy strategy, Optional<Vertex> vertex) {
        return strategy.isDecidedInRun()
                ? constants.with("steps", stepNames(vertex))
                : Vocabulary.ofPlan().with("inputs", workflow.inputs().keySet());
    }

    private static String notNeeded(String asking, String asked) {
        return asking.equals(asked)
                ? "a step cannot refer to itself"
                : "step \"" + asking + "\" does not need \"" + asked
                        + "\", which may not have run yet; add it to \"needs\"";
    }

    private void result(Expression.Reference reference, Vertex asked, Place place) {
        List<Part> parts = reference.parts();
        String path = "steps." + asked.id();
        if (parts.size() < 2 || !(parts.get(1) instanceof Part.Key kind)) {
            problems.add(
                    place.at(reference.position()),
                    path + " has two parts: " + path + ".status and " + path + ".outputs");
            return;
        }
        if (!RunNames.RESULT.contains(kind.name())) {
            problems.add(
                    place.at(kind.position()),
                    path + " has no \"" + kind.name() + "\"" + Nearest.hint(kind.name(), RunNames.RESULT));
            return;
        }
        if (kind.name().equals("status")) {
            return;
        }
        if (outputs(asked.step()).isEmpty()) {
            return; // the using step refers to a file that does not exist
        }
        Set<String> outputs = outputs(asked.step()).get();
        if (parts.size() < 3) {
            problems.add(place.at(reference.position()), path + ".outputs needs the name of an output after it");
        } else if (parts.get(2) instanceof Part.Key output && !outputs.contains(output.name())) {
            problems.add(
                    place.at(output.position()),
                    "step \"" + asked.id() + "\" has no output \"" + output.name() + "\""
                            + (outputs.isEmpty() ? "; it declares none" : Nearest.hint(output.name(), outputs)));
        } else if (parts.size() > 3 && isStepIndex(parts.get(3))) {
            String name = path + ".outputs." + Vocabulary.name(parts.get(2));
            problems.add(
                    place.at(parts.get(3).position()),
                    "step.index counts from 1 and a list from 0. In a step with the same matrix values " + name
                            + " is that of this instance; " + name + "[*] is the list");
        }
    }

    private Optional<Set<String>> outputs(Step step) {
        return step.action().orElse(null) instanceof Work.Part part
                ? Optional.ofNullable(workflow.parts().get(part.file().text()))
                        .map(used -> used.outputs().keySet())
                : Optional.of(step.outputNames());
    }

    private static boolean isStepIndex(Part part) {
        return part instanceof Part.Computed computed
                && computed.expression() instanceof Expression.Reference index
                && index.dotted().equals("step.index");
    }

    private void schedule(Schedule schedule) {
        Vocabulary names = Vocabulary.ofPlan().with("schedule", RunNames.SCHEDULE);
        schedule.inputs().forEach((name, template) -> {
            names.check(template, problems);
            if (!workflow.inputs().containsKey(name)) {
                problems.add(
                        template.place(),
                        "the workflow has no input \"" + name + "\""
                                + Nearest.hint(name, workflow.inputs().keySet()));
            } else if (template.isLiteral()) {
                InputValues.check(name, workflow.inputs().get(name), template.text(), template.place(), problems);
            }
        });
        Map<String, Template> given = new LinkedHashMap<>(schedule.inputs());
        workflow.inputs().forEach((name, input) -> {
            if (input.required() && input.fallback().isEmpty() && !given.containsKey(name)) {
                problems.add(
                        schedule.place(),
                        "the input \"" + name + "\" is required and has no default: give it in \"inputs\"");
            }
        });
    }
}
