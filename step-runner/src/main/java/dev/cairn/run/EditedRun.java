package dev.cairn.run;

import dev.cairn.run.RunChange.Kind;
import dev.cairn.run.RunChange.Line;
import dev.cairn.run.internal.step.ScriptDigests;
import dev.cairn.run.manifest.MatrixRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.manifest.WriteGuard;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.StepDefinition;
import dev.cairn.workflow.plan.Use;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares a run with the plan of its resume. An ended step is kept if its definition, its scripts and the steps that
 * it needs are unchanged. Confined to one thread.
 */
final class EditedRun {
    private final RunManifest run;
    private final Plan after;
    private final ResumeOptions options;
    private final Map<String, StepDefinition> before = new HashMap<>();
    /** By step. */
    private final Map<String, OldMatrix> matrices = new HashMap<>();

    /** Steps that have an instance which runs again. */
    private final Set<String> again = new HashSet<>();

    private final Set<String> instancesAgain = new HashSet<>();
    private final Map<String, PlanStep> steps = new HashMap<>();
    private final List<Reopening> reopened = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private int done;
    private int total;

    /** The reset of a step that runs again. */
    @FunctionalInterface
    private interface Reopening {
        void carryOut(WriteGuard guard) throws IOException;
    }

    /**
     * The instances that a step had.
     *
     * @param definition the definition of its matrix
     * @param decided the combinations, if the run decided them
     */
    private record OldMatrix(
            StepDefinition definition, List<Instance> instances, Optional<List<Map<String, Value>>> decided) {}

    private EditedRun(RunManifest run, Plan before, Plan after, ResumeOptions options) throws IOException {
        this.run = run;
        this.after = after;
        this.options = options;
        after.steps().forEach(step -> steps.put(step.id(), step));
        for (PlanStep step : before.steps()) {
            Optional<List<Map<String, Value>>> decided =
                    step.matrix().decidedInRun().isPresent()
                            ? MatrixRecord.read(run.folder(), step.matrix().key())
                            : Optional.empty();
            List<Instance> instances = decided.filter(it -> !it.isEmpty())
                    .map(it -> Instance.ofMatrix(step.id(), it))
                    .orElse(step.matrix().instances());
            instances.forEach(it -> this.before.put(it.id(), StepDefinition.of(step, it)));
            matrices.put(step.id(), new OldMatrix(StepDefinition.ofMatrix(step), instances, decided));
        }
    }

    /** @param before the plan of the run's former text; the same as {@code after} if the file has not changed */
    static EditedRun compare(RunManifest run, Plan before, Plan after, ResumeOptions options) throws IOException {
        EditedRun edited = new EditedRun(run, before, after, options);
        for (PlanStep step : after.steps()) {
            edited.compare(step);
        }
        edited.before.keySet().stream()
                .filter(run.steps()::containsKey)
                .sorted()
                .forEach(gone -> edited.lines.add(new Line(gone, Kind.REMOVED, "")));
        return edited;
    }

    private void compare(PlanStep step) throws IOException {
        Optional<Line> decidedAnew = decide(step);
        if (decidedAnew.isPresent()) {
            total++;
            lines.add(decidedAnew.get());
            again.add(step.id());
            return;
        }
        Map<String, int[]> lanes = lanes(step);
        boolean hidden = step.action() instanceof Action.EnterPart;
        for (Instance instance : step.matrix().instances()) {
            total += hidden ? 0 : 1;
            StepDefinition was = before.remove(instance.id());
            Optional<StepManifest> manifest = StepManifest.read(run.folder().step(instance.id()));
            Optional<Line> change = change(step, instance, was, manifest, needed(step, instance, lanes));
            change.filter(line -> !hidden).ifPresent(lines::add);
            Optional<Kind> kind = change.map(Line::kind);
            if (kind.isPresent() && options.only().isEmpty()) {
                again.add(step.id());
                instancesAgain.add(instance.id());
            }
            if (manifest.isPresent() && kind.filter(it -> it != Kind.CHANGED).isPresent()) {
                reopened.add(reopening(
                        manifest.get(),
                        isOneOf(options.from(), step, instance) || isOneOf(options.only(), step, instance)));
            } else if (!hidden
                    && manifest.filter(it -> it.state() == StepState.SUCCEEDED).isPresent()) {
                done++;
            }
        }
    }

    /**
     * Needed steps that run again, each with the instances on which the step's own instances wait, if those are single
     * ones.
     */
    private Map<String, int[]> lanes(PlanStep step) {
        Map<String, int[]> lanes = new HashMap<>();
        step.needs().stream()
                .filter(again::contains)
                .forEach(need -> Pairing.lanes(step, Objects.requireNonNull(steps.get(need), need))
                        .ifPresent(found -> lanes.put(need, found)));
        return lanes;
    }

    /** The needed step, or the instance of it, that belongs to this instance and runs again. */
    private Optional<String> needed(PlanStep step, Instance instance, Map<String, int[]> lanes) {
        for (String need : step.needs()) {
            if (!again.contains(need)) {
                continue;
            }
            int[] places = lanes.get(need);
            if (places == null) {
                return Optional.of(need);
            }
            Instance counterpart = Objects.requireNonNull(steps.get(need), need)
                    .matrix()
                    .instances()
                    .get(places[instance.index() - 1]);
            if (instancesAgain.contains(counterpart.id())) {
                return Optional.of(counterpart.label());
            }
        }
        return Optional.empty();
    }

    /** @param anew even if the outputs of an earlier success could be used */
    private static Reopening reopening(StepManifest step, boolean anew) {
        return guard -> {
            step.reload();
            step.runAgain(anew);
            step.save(guard);
        };
    }

    /** Gives a step its former instances, or reports why they must be determined again. */
    private Optional<Line> decide(PlanStep step) throws IOException {
        OldMatrix old = matrices.get(step.id());
        boolean known = old != null
                && (old.decided().isPresent() || old.instances().get(0).index() > 0);
        if (old == null || !known) {
            return Optional.empty();
        }
        if (step.matrix().decidedInRun().isEmpty()) {
            if (old.decided().isPresent()) {
                reopened.add(guard ->
                        MatrixRecord.discard(run.folder(), step.matrix().key(), guard));
            }
            return Optional.empty();
        }
        Optional<String> source =
                step.matrix().awaits().stream().filter(again::contains).findFirst();
        Set<String> edited = options.edits() == ResumeOptions.Edits.RUN_AGAIN
                ? StepDefinition.ofMatrix(step).differences(old.definition())
                : Set.of();
        if (source.isEmpty() && edited.isEmpty()) {
            old.decided().ifPresent(step.matrix()::decide);
            return Optional.empty();
        }
        // done after the resets of its instances: after a kill in between, they are still known and
        // compared again
        reopened.add(guard -> MatrixRecord.discard(run.folder(), step.matrix().key(), guard));
        for (Instance instance : old.instances()) {
            before.remove(instance.id());
            StepManifest.read(run.folder().step(instance.id())).ifPresent(it -> reopened.add(reopening(it, false)));
        }
        return Optional.of(new Line(
                step.id(),
                Kind.AGAIN,
                source.map(it -> "it needs " + it).orElseGet(() -> String.join(", ", edited) + " changed")));
    }

    private Optional<Line> change(
            PlanStep step,
            Instance instance,
            @Nullable StepDefinition was,
            Optional<StepManifest> manifest,
            Optional<String> needed) {
        boolean ended = manifest.filter(it -> it.state().isFinal()).isPresent();
        // a step that was reopened and not started since also counts as begun: its images belong to
        // the former input
        boolean begun = manifest.flatMap(StepManifest::lastAttempt).isPresent() || ended;
        if (!options.only().isEmpty()) {
            return isOneOf(options.only(), step, instance)
                    ? Optional.of(new Line(instance.id(), Kind.AGAIN, "--only"))
                    : Optional.empty();
        }
        if (isOneOf(options.from(), step, instance)) {
            return Optional.of(new Line(instance.id(), Kind.AGAIN, "--from"));
        }
        if (begun && needed.isPresent()) {
            return Optional.of(new Line(instance.id(), Kind.AGAIN, "it needs " + needed.get()));
        }
        if (options.edits() != ResumeOptions.Edits.RUN_AGAIN) {
            return Optional.empty();
        }
        if (was == null) {
            return Optional.of(new Line(instance.id(), Kind.NEW, ""));
        }
        Set<String> keys = StepDefinition.of(step, instance).differences(was);
        List<String> scripts = ended ? ScriptDigests.changed(manifest.get().scriptDigests()) : List.of();
        List<String> all = new ArrayList<>(keys);
        all.addAll(scripts);
        return all.isEmpty() || !begun
                ? Optional.empty()
                : Optional.of(new Line(
                        instance.id(), ended ? Kind.AGAIN : Kind.CHANGED, String.join(", ", all) + " changed"));
    }

    private static boolean isOneOf(Set<String> named, PlanStep step, Instance instance) {
        String ofMatrix = instance.label()
                .substring(Math.min(step.id().length(), instance.label().length()));
        Stream<String> uses =
                step.use().stream().flatMap(Use::all).flatMap(use -> Stream.of(use.id(), use.id() + ofMatrix));
        return Stream.concat(Stream.of(step.id(), instance.id(), instance.label()), uses)
                .anyMatch(named::contains);
    }

    /** The changes; {@code edited} says whether the run takes over another text. */
    RunChange change(boolean edited) {
        return new RunChange(done, total, edited, lines);
    }

    /**
     * Reopens the steps that run again, each after its dependents. After a kill in between, the run is compared again,
     * and no step is kept that needs a step which runs again.
     */
    void apply(WriteGuard guard, RunnerContext context) throws IOException {
        if (reopened.isEmpty()) {
            return;
        }
        if (options.only().isEmpty()) {
            StepReset.ifEnded(run, after, guard, context.clock());
        } else {
            StepReset.open(run, guard, context.clock());
        }
        Collections.reverse(reopened);
        for (Reopening step : reopened) {
            step.carryOut(guard);
        }
    }
}
