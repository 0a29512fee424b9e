package dev.cairn.cli.workflow;

import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.CheckpointPlan;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Matrix;
import dev.cairn.workflow.plan.Placement;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.RetryPolicy;
import dev.cairn.workflow.plan.Use;
import dev.cairn.workflow.spec.Every;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Shows a plan, for a person and in its documented JSON shape. */
final class PlanView {
    private static final int MOST_SHOWN = 20;

    private PlanView() {}

    static JsonObject json(Plan plan) {
        JsonObject inputs = new JsonObject();
        plan.inputs().forEach((name, value) -> inputs.put(name, value.text()));
        return new JsonObject()
                .put("name", plan.name())
                .put("folder", plan.folder())
                .put("inputs", inputs)
                .put("timeout_ms", plan.timeout())
                .put("steps", steps(plan.steps()))
                .put("on_failure", steps(plan.onFailure()))
                .put("finally", steps(plan.atEnd()));
    }

    private static List<JsonObject> steps(List<PlanStep> steps) {
        return shown(steps).map(step -> json(step, steps)).toList();
    }

    private static JsonObject json(PlanStep step, List<PlanStep> all) {
        CheckpointPlan checkpoint = step.policies().checkpoint();
        RetryPolicy retry = step.policies().retry();
        return new JsonObject()
                .put("id", step.id())
                .put("name", step.name())
                .put("needs", needs(step, all))
                .put("if", step.condition().text())
                .put("action", step.isEdgeOfPart() ? part(step) : action(step.action()))
                .put(
                        "instances",
                        step.matrix().isOpen()
                                ? List.of()
                                : step.matrix().instances().stream()
                                        .map(PlanView::json)
                                        .toList())
                .put("max_parallel", step.matrix().maxParallel())
                .put("runs_on", step.placement().slurm().isPresent() ? "slurm" : "local")
                .put("cpu", step.placement().baselineCpu() ? "baseline" : "native")
                .put("resources", resources(step.placement()))
                .put("engine", checkpoint.engine())
                .put("every", every(checkpoint.every()))
                .put("keep", checkpoint.keep())
                .put("keep_binaries", checkpoint.keepBinaries())
                .put("journal_bytes", checkpoint.journalBytes())
                .put("io_uring", checkpoint.ioUring())
                .put("timeout_ms", step.policies().timeout().flatMap(Setting::known))
                .put("computed", computed(step))
                .put("retries", retry.max())
                .put("cache", step.policies().cache().isPresent())
                .put("continue_on_error", step.policies().continueOnError());
    }

    private static JsonObject json(Instance instance) {
        JsonObject values = new JsonObject();
        instance.values().forEach((name, value) -> values.put(name, value.text()));
        return new JsonObject()
                .put("id", instance.id())
                .put("label", instance.label())
                .put("matrix", values);
    }

    private static JsonObject resources(Placement placement) {
        return new JsonObject()
                .put("cpus", placement.cpus().known())
                .put("memory_bytes", placement.memoryBytes().flatMap(Setting::known));
    }

    /** The values that expressions will have when the step starts, by key. */
    private static JsonObject computed(PlanStep step) {
        JsonObject computed = new JsonObject();
        step.policies().timeout().flatMap(Setting::computed).ifPresent(it -> computed.put("timeout", it.text()));
        step.placement().cpus().computed().ifPresent(it -> computed.put("cpus", it.text()));
        step.placement().memoryBytes().flatMap(Setting::computed).ifPresent(it -> computed.put("memory", it.text()));
        return computed;
    }

    /** The end of a used workflow file represents the step that uses it. */
    private static JsonObject part(PlanStep step) {
        return new JsonObject().put("uses", file(step));
    }

    private static String file(PlanStep step) {
        return step.use().map(use -> use.file().toString()).orElse("");
    }

    private static JsonObject action(Action action) {
        if (action instanceof Action.Script script) {
            return new JsonObject().put("run", script.text().text());
        }
        if (action instanceof Action.Command command) {
            return new JsonObject()
                    .put("command", command.words().stream().map(Template::text).toList());
        }
        return new JsonObject().put("uses", action instanceof Action.Uses uses ? uses.what() : "");
    }

    static void print(Plan plan, PrintStream out) {
        out.println("workflow " + plan.name() + " in " + plan.folder());
        plan.inputs().forEach((name, value) -> out.println("input " + name + " = " + value.text()));
        plan.timeout().ifPresent(timeout -> out.println("timeout " + Durations.format(timeout)));
        print("step", plan.steps(), out);
        print("on failure", plan.onFailure(), out);
        print("finally", plan.atEnd(), out);
    }

    private static void print(String kind, List<PlanStep> steps, PrintStream out) {
        for (PlanStep step : shown(steps).toList()) {
            out.println();
            out.println(kind + " " + step.id());
            print(step, steps, out);
        }
    }

    /** Nothing for a setting with its default value. */
    private static String journal(CheckpointPlan checkpoint) {
        if (checkpoint.journalBytes() == CheckpointPlan.DEFAULT.journalBytes()
                || !checkpoint.engine().equals("native")) {
            return "";
        }
        return checkpoint.journalBytes() == 0 ? ", no journal" : ", journal " + Sizes.text(checkpoint.journalBytes());
    }

    static Stream<PlanStep> shown(List<PlanStep> steps) {
        return steps.stream().filter(step -> !(step.action() instanceof Action.EnterPart));
    }

    /** Replaces the hidden begin of a used workflow file by the steps that it needs itself. */
    static List<String> needs(PlanStep step, List<PlanStep> all) {
        return step.needs().stream()
                .flatMap(need -> all.stream()
                        .filter(it -> need.endsWith("." + Use.ENTRY))
                        .filter(it -> it.id().equals(need) && it.action() instanceof Action.EnterPart)
                        .findFirst()
                        .map(entry -> needs(entry, all).stream())
                        .orElse(Stream.of(need)))
                .toList();
    }

    private static void print(PlanStep step, List<PlanStep> all, PrintStream out) {
        if (!step.needs().isEmpty()) {
            out.println("  needs       " + String.join(", ", needs(step, all)));
        }
        if (step.isEdgeOfPart()) {
            out.println("  uses        " + file(step));
            if (step.matrix().declared()) {
                out.println("  instances   " + instances(step.matrix()));
            }
            return;
        }
        if (!step.condition().equals(Condition.WHEN_WELL)) {
            out.println("  if          " + step.condition().text());
        }
        if (step.matrix().declared()) {
            out.println("  instances   " + instances(step.matrix()));
        }
        printAction(step.action(), out);
        CheckpointPlan checkpoint = step.policies().checkpoint();
        out.println("  checkpoint  " + checkpoint.engine() + ", every " + every(checkpoint.every()) + ", keep "
                + checkpoint.keep() + (checkpoint.keepBinaries() ? ", with its programs" : "")
                + journal(checkpoint)
                + (checkpoint.ioUring() ? ", with io_uring" : ""));
        step.policies()
                .timeout()
                .ifPresent(timeout -> out.println("  timeout     " + shown(timeout, Durations::format)));
        if (step.policies().retry().max() > 0) {
            out.println("  retries     " + step.policies().retry().max());
        }
        if (step.policies().cache().isPresent()) {
            out.println("  cache       takes over the outputs of an earlier success with the same inputs");
        }
        print(step.placement(), out);
    }

    private static String instances(Matrix matrix) {
        if (matrix.isOpen()) {
            return "known when "
                    + (matrix.awaits().isEmpty()
                            ? "the run starts"
                            : String.join(", ", new TreeSet<>(matrix.awaits())) + " has ended");
        }
        List<Instance> all = matrix.instances();
        return all.stream().limit(MOST_SHOWN).map(Instance::label).collect(Collectors.joining(", "))
                + (all.size() > MOST_SHOWN ? ", ... (" + all.size() + ")" : "")
                + (matrix.maxParallel() < all.size() ? "; at most " + matrix.maxParallel() + " at a time" : "");
    }

    private static void print(Placement placement, PrintStream out) {
        if (placement.slurm().isPresent()) {
            out.println("  runs on     slurm");
        }
        if (placement.baselineCpu()) {
            out.println("  cpu         baseline");
        }
        if (placement.cpus().known().filter(cpus -> cpus <= 1).isEmpty()
                || placement.memoryBytes().isPresent()) {
            out.println("  resources   cpus " + shown(placement.cpus(), PlanView::plain)
                    + placement
                            .memoryBytes()
                            .map(memory -> ", memory " + shown(memory, Sizes::text))
                            .orElse(""));
        }
    }

    private static <T> String shown(Setting<T> setting, Function<T, String> value) {
        return setting.known().map(value).orElseGet(setting::toString);
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static void printAction(Action action, PrintStream out) {
        if (action instanceof Action.Script script) {
            List<String> lines = script.text().text().lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                out.println((i == 0 ? "  run         " : "              ") + lines.get(i));
            }
        } else if (action instanceof Action.Command command) {
            out.println("  command     "
                    + String.join(
                            " ", command.words().stream().map(Template::text).toList()));
        } else {
            out.println("  uses        " + (action instanceof Action.Uses uses ? uses.what() : ""));
        }
    }

    private static String every(Every every) {
        if (every instanceof Every.Interval interval) {
            return Durations.format(interval.length());
        }
        return every instanceof Every.Auto ? "auto" : "never";
    }
}
