package dev.cairn.run.internal.execution;

import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeSet;

/**
 * Executes the steps of one phase: starts steps in the order of the plan, and records those that ended. Confined to the
 * executor's thread.
 */
final class PhaseExecutor {
    private final Phase phase;
    private final TaskSource tasks;
    private final Results results;
    private final StepExecutions executions;
    private final StepStateRecorder ledger;
    private final Admission admission;
    private final Map<String, ResumeChoice> wishes;
    private final ResumeChoice otherwise;
    private final StepServices services;

    private final TreeSet<InstanceNode> ready = new TreeSet<>(InstanceNode.IN_ORDER);
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(
            Comparator.comparing(Waiting::until).thenComparing(Waiting::node, InstanceNode.IN_ORDER));
    private final Deque<InstanceNode> endedNodes = new ArrayDeque<>();
    private final Deque<StepNode> endedGroups = new ArrayDeque<>();
    private int unended;
    private boolean stopping;

    private record Waiting(Instant until, InstanceNode node) {}

    /**
     * @param wishes a person's choices for the first attempt of some steps; each is used once
     * @param otherwise the choice for all other attempts
     */
    PhaseExecutor(
            Phase phase,
            TaskSource tasks,
            Results results,
            StepExecutions executions,
            StepStateRecorder ledger,
            Admission admission,
            Map<String, ResumeChoice> wishes,
            ResumeChoice otherwise,
            StepServices services) {
        this.phase = phase;
        this.tasks = tasks;
        this.results = results;
        this.executions = executions;
        this.ledger = ledger;
        this.admission = admission;
        this.wishes = wishes;
        this.otherwise = otherwise;
        this.services = services;
    }

    /** Restores the phase as the last runner left it: attaches to steps that may still run, before it starts others. */
    void begin() throws IOException, UnresolvableException {
        phase.groups().forEach(results::add);
        unended =
                (int) phase.groups().stream().filter(group -> !group.hasEnded()).count();
        for (InstanceNode node : phase.nodes().filter(this::mayBeRunning).toList()) {
            startExecution(node);
        }
        phase.nodes().filter(node -> node.state().isFinal()).forEach(InstanceNode::passOn);
        for (StepNode group : phase.groups()) {
            if (group.hasEnded()) {
                endedGroups.add(group);
            } else if (group.isToBeDecided()) {
                decide(group);
            } else {
                arriveIfFree(group);
            }
        }
        proceed();
    }

    private boolean mayBeRunning(InstanceNode node) {
        return !node.state().isFinal() && (node.hasOpenAttempt() || tasks.isUnderWay(node.group.step, node.instance));
    }

    boolean hasEnded() {
        return unended == 0;
    }

    /** Whether nothing runs, and nothing can start without a command. */
    boolean isAtRest() {
        return executions.isEmpty() && (stopping || ready.isEmpty() && waiting.isEmpty());
    }

    /** The time until the next retry is due; empty if none waits. */
    Optional<Duration> untilNextRetry() {
        return stopping || waiting.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.between(
                        services.clock().instant(), waiting.element().until()));
    }

    /** Starts the steps that can start now. */
    void proceed() throws IOException, UnresolvableException {
        do {
            passOn();
            retryWhatIsDue();
        } while (!stopping && startNext());
    }

    /** Starts nothing more. */
    void stopStarting() {
        stopping = true;
    }

    /** The stop had no effect: the step runs on. */
    void startAgain() {
        stopping = false;
    }

    /** Ends instances that neither run nor have ended: they will never run. */
    void cancelTheRest(String reason) throws IOException, UnresolvableException {
        for (StepNode group : phase.groups()) {
            cancelIdle(group, reason);
        }
        passOn();
    }

    void executionEnded(InstanceNode node, NextAction move) throws IOException {
        executions.ended(node);
        admission.leave(node.wants(tasks));
        node.forgetWants();
        node.group.executionEnded();
        ledger.takeOver(node);
        if (move instanceof NextAction.TryAgain again) {
            waiting.add(new Waiting(again.notBefore(), node));
        } else if (node.state().isFinal()) {
            ended(node);
        }
    }

    /** Passes the end of steps on to their dependents. */
    private void passOn() throws IOException {
        while (!endedNodes.isEmpty() || !endedGroups.isEmpty()) {
            for (InstanceNode node = endedNodes.poll(); node != null; node = endedNodes.poll()) {
                for (InstanceNode dependent : node.passOn()) {
                    arriveIfFree(dependent);
                }
            }
            passOnGroups();
        }
    }

    private void passOnGroups() throws IOException {
        for (StepNode group = endedGroups.poll(); group != null; group = endedGroups.poll()) {
            for (StepNode awaiting : group.awaiting) {
                awaiting.awaitedEnded();
                if (awaiting.isToBeDecided()) {
                    decide(awaiting);
                }
            }
            for (StepNode dependent : group.dependents) {
                dependent.neededEnded(group);
                arriveIfFree(dependent);
            }
            for (StepNode follower : group.followers) {
                follower.earlierEnded();
                arriveIfFree(follower);
            }
        }
    }

    /** Makes the instances of a step whose matrix earlier steps have decided. */
    private void decide(StepNode group) throws IOException {
        InstanceNode step = group.nodes.get(0);
        Optional<StepNode> broken = group.brokenSource();
        if (broken.isPresent()) {
            endWithoutInstances(
                    step,
                    StepState.SKIPPED,
                    "step " + broken.get().step.id() + ", which has the values of its matrix, did not succeed");
            return;
        }
        try {
            tasks.decide(group.step);
        } catch (UnresolvableException e) {
            endWithoutInstances(step, StepState.FAILED, String.valueOf(e.getMessage()));
            return;
        }
        if (group.step.matrix().isOpen()) {
            endWithoutInstances(step, StepState.SKIPPED, "its matrix has no values");
            return;
        }
        phase.decided(group);
        ledger.decided(group, step.instance);
        arriveIfFree(group);
    }

    private void endWithoutInstances(InstanceNode step, StepState state, String reason) throws IOException {
        ledger.decide(step, state, reason);
        ended(step);
    }

    private void arriveIfFree(StepNode group) throws IOException {
        if (group.mayStart() && !group.hasEnded() && !group.isOpen()) {
            arrive(group);
        }
    }

    private void arrive(StepNode group) throws IOException {
        for (InstanceNode node : group.nodes) {
            arriveIfFree(node);
        }
        failFast(group);
    }

    private void arriveIfFree(InstanceNode node) throws IOException {
        if (node.mayStart() && !node.state().isFinal() && !executions.isRunning(node)) {
            arrive(node);
        }
    }

    private void arrive(InstanceNode node) throws IOException {
        Optional<Instant> until = node.manifest().waitingUntil();
        if (until.isPresent()) {
            waiting.add(new Waiting(until.get(), node));
        } else if (node.group.step.action() instanceof Action.LeavePart) {
            leavePart(node);
        } else if (node.manifest().wasStarted() || isWanted(node)) {
            begin(node);
        }
    }

    private void begin(InstanceNode node) throws IOException {
        if (node.group.step.action() instanceof Action.EnterPart) {
            ledger.decide(node, StepState.SUCCEEDED, "");
            ended(node);
        } else {
            ready.add(node);
        }
    }

    /** All steps of a used workflow file have ended, so the step that uses it ends, too. */
    private void leavePart(InstanceNode node) throws IOException {
        Upstream inside = node.upstream();
        StepState state = inside.absent()
                ? StepState.SKIPPED
                : inside.failed() ? StepState.FAILED : inside.cancelled() ? StepState.CANCELLED : StepState.SUCCEEDED;
        ledger.decide(node, state, node.brokenBy().orElse(""));
        ended(node);
    }

    /** Whether its condition holds; if not, the instance ends. */
    private boolean isWanted(InstanceNode node) throws IOException {
        try {
            if (node.upstream().absent()) {
                ledger.decide(node, StepState.SKIPPED, node.brokenBy().orElse(""));
                ended(node);
                return false;
            }
            if (tasks.wanted(node.group.step, node.instance, node.upstream())) {
                return true;
            }
            ledger.decide(node, StepState.SKIPPED, reasonToSkip(node));
        } catch (UnresolvableException e) {
            ledger.decide(node, StepState.FAILED, String.valueOf(e.getMessage()));
        }
        ended(node);
        return false;
    }

    private static String reasonToSkip(InstanceNode node) {
        Condition condition = node.group.step.condition();
        Optional<String> broken =
                condition.onlyWhenWell() && !node.upstream().succeeded() ? node.brokenBy() : Optional.empty();
        return broken.orElseGet(() -> "'if: " + condition.text().strip() + "' is false");
    }

    private void retryWhatIsDue() {
        Instant now = services.clock().instant();
        while (!waiting.isEmpty() && !waiting.element().until().isAfter(now)) {
            InstanceNode node = waiting.remove().node();
            if (!node.state().isFinal()) {
                ready.add(node);
            }
        }
    }

    private boolean startNext() throws IOException, UnresolvableException {
        if (admission.isFull()) {
            return false;
        }
        Optional<InstanceNode> next = ready.stream()
                .filter(node -> node.group.hasFreeSlot() && admission.admits(node.wants(tasks)))
                .findFirst();
        if (next.isPresent()) {
            start(next.get());
        }
        return next.isPresent();
    }

    /** Starts it together with all other ready instances of its step, if they can share a job. */
    private void start(InstanceNode first) throws IOException, UnresolvableException {
        List<InstanceNode> others = first.group.isIdle()
                ? ready.stream().filter(node -> node.group == first.group).toList()
                : List.of(first);
        Optional<Runnable> together = others.size() > 1
                ? tasks.together(
                        first.group.step,
                        others.stream().map(node -> node.instance).toList())
                : Optional.empty();
        if (together.isEmpty()) {
            ready.remove(first);
            startExecution(first);
            return;
        }
        try {
            for (InstanceNode node : others) {
                // an instance that cannot start may have cancelled the others
                if (admission.admits(node.wants(tasks)) && ready.remove(node)) {
                    startExecution(node);
                }
            }
        } finally {
            together.get().run();
        }
    }

    /** @throws UnresolvableException if the step may be running, and therefore cannot simply be marked as failed */
    private void startExecution(InstanceNode node) throws IOException, UnresolvableException {
        StepExecution execution;
        try {
            execution = tasks.execution(node.group.step, node.instance, node.manifest());
        } catch (UnresolvableException e) {
            if (mayBeRunning(node)) {
                throw e;
            }
            ledger.decide(node, StepState.FAILED, String.valueOf(e.getMessage()));
            ended(node);
            return;
        }
        admission.enter(node.wants(tasks));
        node.group.executionStarted();
        // an attached attempt is already started, so the wish applies to the next attempt
        ResumeChoice wish = mayBeRunning(node) ? null : wishes.remove(node.id());
        ledger.running(node);
        executions.start(node, execution, wish == null ? otherwise : wish);
    }

    private void ended(InstanceNode node) throws IOException {
        endedNodes.add(node);
        node.group.instanceEnded();
        failFast(node.group);
        if (node.group.hasEnded() && !node.group.isPassedOn()) {
            node.group.passOn();
            unended--;
            endedGroups.add(node.group);
        }
    }

    private void failFast(StepNode group) throws IOException {
        if (group.step.isEdgeOfPart() || !group.step.matrix().failFast() || group.hasEnded() || !group.failsTheRun()) {
            return;
        }
        group.nodes.stream().filter(executions::isRunning).forEach(executions::cancel);
        cancelIdle(group, "another instance of the matrix failed, and fail_fast is on");
    }

    private void cancelIdle(StepNode group, String reason) throws IOException {
        for (InstanceNode node : group.nodes) {
            if (!node.state().isFinal() && !executions.isRunning(node)) {
                ready.remove(node);
                ledger.decide(node, StepState.CANCELLED, reason);
                ended(node);
            }
        }
    }
}
