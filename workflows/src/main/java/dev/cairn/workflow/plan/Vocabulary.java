package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The names that expressions at one place of the file can use; immutable. */
final class Vocabulary {

    /** All contexts and where each is available, for messages about a context that is not available at a place. */
    private static final Map<String, String> EVERYWHERE = new LinkedHashMap<>();

    static {
        EVERYWHERE.put("inputs", "in steps, env and strategy.matrix");
        EVERYWHERE.put("steps", "in what is computed while the steps run");
        EVERYWHERE.put("matrix", "in a step with strategy.matrix");
        EVERYWHERE.put("run", "in steps and env");
        EVERYWHERE.put("workflow", "in steps and env");
        EVERYWHERE.put("step", "in steps");
        EVERYWHERE.put("env", "in steps");
        EVERYWHERE.put("secrets", "in env");
        EVERYWHERE.put("schedule", "in the inputs of a schedule");
    }

    /** Names that a context has only at some places. */
    private static final Map<String, String> ELSEWHERE =
            Map.of("step.attempt", " here, only in timeout, resources and slurm");

    /** Checks the part of a reference after the context's name. */
    @FunctionalInterface
    interface Names {
        void check(Expression.Reference reference, Place place, Problems problems);
    }

    private final Map<String, Names> contexts;
    private final boolean atRunTime;

    private Vocabulary(Map<String, Names> contexts, boolean atRunTime) {
        this.contexts = contexts;
        this.atRunTime = atRunTime;
    }

    /** The names at a place whose expressions are computed before the run. */
    static Vocabulary ofPlan() {
        return new Vocabulary(Map.of(), false);
    }

    /** The names at a place whose expressions are computed when a step starts. */
    static Vocabulary ofRun() {
        return new Vocabulary(Map.of(), true);
    }

    Vocabulary with(String context, Names names) {
        Map<String, Names> more = new HashMap<>(contexts);
        more.put(context, names);
        return new Vocabulary(more, atRunTime);
    }

    /** The same, without a context that is not known at this place. */
    Vocabulary without(String context) {
        Map<String, Names> fewer = new HashMap<>(contexts);
        fewer.remove(context);
        return new Vocabulary(fewer, atRunTime);
    }

    /** A context with exactly these names, each a single value. */
    Vocabulary with(String context, Collection<String> names) {
        Set<String> known = new LinkedHashSet<>(names);
        return with(context, (reference, place, problems) -> {
            if (first(reference, "a name", known, place, problems)
                    && reference.parts().size() > 1) {
                Part second = reference.parts().get(1);
                problems.add(
                        place.at(second.position()),
                        context + "." + name(reference.parts().get(0))
                                + " is a single value; nothing can be taken from it");
            }
        });
    }

    /** A context with these names, whose values may have parts. */
    Vocabulary withValues(String context, Collection<String> names) {
        Set<String> known = new LinkedHashSet<>(names);
        return with(context, (reference, place, problems) -> first(reference, "a name", known, place, problems));
    }

    /** Whether a reference continues with a known name. */
    static boolean first(
            Expression.Reference reference, String what, Collection<String> known, Place place, Problems problems) {
        if (!goesOn(reference, what, place, problems)) {
            return false;
        }
        if (reference.parts().get(0) instanceof Part.Key key && !known.contains(key.name())) {
            problems.add(
                    place.at(key.position()),
                    reference.context() + " has no \"" + key.name() + "\""
                            + ELSEWHERE.getOrDefault(
                                    reference.context() + "." + key.name(), Nearest.hint(key.name(), known)));
            return false;
        }
        return true;
    }

    /** Whether a reference continues with a name after the context. */
    static boolean goesOn(Expression.Reference reference, String what, Place place, Problems problems) {
        if (reference.parts().isEmpty()) {
            problems.add(
                    place.at(reference.position()),
                    "\"" + reference.context() + "\" needs " + what + " after it: " + reference.context() + ".NAME");
        }
        return !reference.parts().isEmpty();
    }

    static String name(Part part) {
        return part instanceof Part.Key key ? key.name() : "[...]";
    }

    void check(Template template, Problems problems) {
        template.visit(expression -> check(expression, false, template.place(), problems));
    }

    void check(Parameter parameter, Problems problems) {
        parameter.templates(template -> check(template, problems));
    }

    /** Conditions can also call the status functions. */
    void checkCondition(Expression condition, Place place, Problems problems) {
        condition.visit(expression -> check(expression, true, place, problems));
    }

    private void check(Expression expression, boolean inCondition, Place place, Problems problems) {
        if (expression instanceof Expression.Reference reference) {
            Names names = contexts.get(reference.context());
            if (names == null) {
                problems.add(place.at(reference.position()), unknown(reference.context()));
            } else {
                names.check(reference, place, problems);
            }
        } else if (expression instanceof Expression.Call call) {
            String function = call.function().spelling() + "()";
            if (call.function().asksStatus() && !inCondition) {
                problems.add(place.at(call.position()), function + " can only be asked in \"if\"");
            } else if (call.function().readsFiles() && !atRunTime) {
                problems.add(
                        place.at(call.position()), function + " can only be used in what is computed while steps run");
            }
        }
    }

    private String unknown(String context) {
        String where = EVERYWHERE.get(context);
        if (where != null) {
            return "\"" + context + "\" is not known here, only " + where;
        }
        List<String> known =
                EVERYWHERE.keySet().stream().filter(contexts::containsKey).toList();
        String hint = Nearest.of(context, known).isPresent()
                ? Nearest.hint(context, known)
                : "; a text needs quotes: '" + context + "'";
        return "unknown name \"" + context + "\"" + hint;
    }
}
