package dev.cairn.cli.run;

import dev.cairn.cli.display.Colors;
import dev.cairn.cli.display.LiveDisplay;
import dev.cairn.cli.display.PlainDisplay;
import dev.cairn.cli.display.RunDisplay;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.terminal.LocalTerminal;
import dev.cairn.run.RunChange;
import dev.cairn.run.RunSession;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunManifest.StepLine;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.io.PrintStream;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Shows a workflow's progress on stderr: a block redrawn in place on a terminal, otherwise lines. */
final class WorkflowView implements SessionView {
    private final RunDisplay display;

    private WorkflowView(RunDisplay display) {
        this.display = display;
    }

    static WorkflowView of(RunSession session, RunManifest run, CompositionRoot composition, boolean verbose) {
        UnaryOperator<String> label = labels(session);
        PrintStream err = composition.console().err();
        Colors paint = composition.paint();
        boolean live = Console.stderrIsTerminal()
                && !composition
                        .console()
                        .environment()
                        .getOrDefault("TERM", "dumb")
                        .equals("dumb");
        RunDisplay display = live
                ? watched(
                        new LiveDisplay(
                                err,
                                composition.clock(),
                                LocalTerminal.watchedSize(),
                                paint,
                                planned(session, run),
                                label),
                        session,
                        composition.clock())
                : new PlainDisplay(err, paint, label, verbose);
        display.say("cairn: run " + session.id() + (session.isFresh() ? "" : " resumed: " + kept(session.change())));
        return new WorkflowView(display);
    }

    private static UnaryOperator<String> labels(RunSession session) {
        Map<String, String> labels = new ConcurrentHashMap<>();
        return id -> labels.computeIfAbsent(id, it -> label(session.plan(), it));
    }

    /** Instances may become known during the run. */
    private static String label(Plan plan, String id) {
        return plan.steps().stream()
                .filter(step -> id.startsWith(step.id()))
                .flatMap(step -> step.matrix().instances().stream())
                .filter(instance -> instance.id().equals(id))
                .map(Instance::label)
                .findFirst()
                .orElse(id);
    }

    private static String kept(RunChange change) {
        return change.done() + " of " + change.total() + (change.total() == 1 ? " step" : " steps") + " done"
                + (change.edited() ? ", the workflow file has changed" : "");
    }

    private static LiveDisplay watched(LiveDisplay display, RunSession session, Clock clock) {
        new NextCheckpoints(display, session, clock).begin();
        return display;
    }

    private static Map<String, StepState> planned(RunSession session, RunManifest run) {
        Map<String, StepLine> known = run.steps();
        Map<String, StepState> planned = new LinkedHashMap<>();
        for (PlanStep step : session.plan().steps()) {
            if (step.action() instanceof Action.EnterPart) {
                continue;
            }
            for (Instance instance : step.matrix().instances()) {
                StepLine line = known.get(instance.id());
                planned.put(instance.id(), line == null ? StepState.PENDING : line.state());
            }
        }
        return planned;
    }

    @Override
    public void on(RunEvent event) {
        display.on(event);
    }

    @Override
    public void say(String line) {
        display.say(line);
    }

    @Override
    public void close() {
        display.close();
    }
}
