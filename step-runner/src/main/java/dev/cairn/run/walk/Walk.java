package dev.cairn.run.walk;

import dev.cairn.engine.EndCause;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.ladder.ResumeWish;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.request.Answer;
import dev.cairn.run.request.Command;
import dev.cairn.run.step.StepServices;
import dev.cairn.run.step.Turn;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The walk over a plan, from wherever the manifest says it has come, to its end or until it is stopped.
 *
 * <p>One thread, the caller of {@link #go}, decides everything; it learns of the world through a mailbox only. The other
 * public methods may be called from any thread.
 */
public final class Walk {
    private static final Duration LONGEST_NAP = Duration.ofSeconds(30);

    private final Plan plan;
    private final RunManifest run;
    private final TaskSource tasks;
    private final StepServices services;
    private final Capacity capacity;
    private final Map<String, ResumeWish> wishes;
    private final ResumeWish otherwise;
    private final BlockingQueue<Message> mailbox = new LinkedBlockingQueue<>();
    private final Results results = new Results();
    private final Map<String, Turn> turnsByStep = new ConcurrentHashMap<>();
    private boolean starting = true;
    private @Nullable StopKind stopping;
    /** The steps that a command has asked to stop, and that have not refused. */
    private final Set<Node> obeying = new HashSet<>();

    private boolean cancelled;
    private volatile boolean over;

    /**
     * @param wishes by step id, for the first attempt that is begun
     * @param otherwise for all others
     */
    public Walk(
            Plan plan,
            RunManifest run,
            TaskSource.Factory tasks,
            StepServices services,
            Capacity capacity,
            Map<String, ResumeWish> wishes,
            ResumeWish otherwise) {
        this.plan = plan;
        this.run = run;
        this.tasks = tasks.over(results);
        this.services = services;
        this.capacity = capacity;
        this.wishes = new HashMap<>(wishes);
        this.otherwise = otherwise;
    }

    /**
     * Walks until the run has ended or was stopped; the manifest then says so.
     *
     * @return the state in which the run is left
     * @throws InterruptedException when the thread is interrupted: the runner lets go, the steps go on
     * @throws WalkBrokenException when the runner cannot go on, e.g. the disk of the manifest is full: likewise
     */
    public RunState go() throws InterruptedException, WalkBrokenException {
        try (Turns turns = new Turns(services, mailbox::add, turnsByStep)) {
            return walk(turns);
        } catch (LetGoException wanted) {
            return run.state();
        } catch (IOException | UnresolvableException e) {
            throw new WalkBrokenException(e);
        } finally {
            over = true;
            answerTheRest();
        }
    }

    /** Asks the run to stop; when it is stopping already, to stop at once without further images. */
    public void stop(StopKind kind, String reason) {
        mailbox.add(new Message.Stop(kind, reason));
    }

    /** Hands the run a command; the answer comes when it has been carried out, has failed, or has come too late. */
    public CompletableFuture<Answer> ask(Command command) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        mailbox.add(new Message.Ask(command, answer));
        if (over) {
            answerTheRest();
        }
        return answer;
    }

    /** Nobody else looks into the mailbox any more. */
    private void answerTheRest() {
        for (Message message = mailbox.poll(); message != null; message = mailbox.poll()) {
            if (message instanceof Message.Ask ask) {
                ask.answer().complete(Answer.TOO_LATE);
            }
        }
    }

    /** To be called before {@link #go}: what runs is looked after, but nothing is started until the run is cancelled. */
    public void startNothing() {
        starting = false;
    }

    /** Ends the walk and lets go of the steps, which go on; the manifest stays as it is. */
    public void letGo() {
        mailbox.add(new Message.LetGo());
    }

    /** Ends the walk for a reason that lies outside of it, such as a lost ownership. The steps go on. */
    public void breakOff(Exception reason) {
        mailbox.add(new Message.Broken(reason));
    }

    /** The turn that a step has now. */
    public Optional<Turn> turn(String stepId) {
        return Optional.ofNullable(turnsByStep.get(stepId));
    }

    private RunState walk(Turns turns)
            throws IOException, UnresolvableException, InterruptedException, WalkBrokenException, LetGoException {
        int instances = plan.steps().stream()
                .mapToInt(step -> step.matrix().instances().size())
                .sum();
        ManifestIndex index = new ManifestIndex(run, services.guard(), services.clock(), instances);
        Ledger ledger = new Ledger(index, services);
        Admission admission = new Admission(capacity);
        Phase main = Phase.load(run.folder(), plan.steps(), false, Upstream.WELL);
        main.nodes().forEach(node -> index.note(node.id(), node.state(), Ledger.newestImage(node.manifest())));
        become(index, RunState.RUNNING, "");

        if (!finish(main, turns, ledger, admission)) {
            return leave(index, main);
        }
        boolean cutShort = cancelled || main.any(StepState.CANCELLED) && !main.failed();
        Phase onFailure = Phase.load(
                run.folder(),
                main.failed() && !cutShort ? plan.onFailure() : List.of(),
                true,
                new Upstream(true, false));
        if (!finish(onFailure, turns, ledger, admission)) {
            return leave(index, onFailure);
        }
        boolean wasCancelled = cutShort || onFailure.any(StepState.CANCELLED);
        Phase atEnd = Phase.load(run.folder(), plan.atEnd(), true, new Upstream(main.failed(), wasCancelled));
        if (!finish(atEnd, turns, ledger, admission)) {
            return leave(index, atEnd);
        }
        boolean failed = main.failed() || atEnd.failed();
        RunState state = wasCancelled || atEnd.any(StepState.CANCELLED)
                ? RunState.CANCELLED
                : failed ? RunState.FAILED : RunState.SUCCEEDED;
        return become(index, state, failed ? whatFailed(main, atEnd) : "");
    }

    /** @return false when the phase was left before its end */
    private boolean finish(Phase phase, Turns turns, Ledger ledger, Admission admission)
            throws IOException, UnresolvableException, InterruptedException, WalkBrokenException, LetGoException {
        PhaseWalk walk = new PhaseWalk(phase, tasks, results, turns, ledger, admission, wishes, otherwise, services);
        if (stopping != null) {
            return phase.hasEnded(); // what had nothing left to do is not stopped
        }
        if (!starting) {
            walk.stopStarting();
        }
        walk.begin();
        while (!walk.hasEnded() && !(walk.isAtRest() && mailbox.isEmpty())) {
            Duration nap = walk.untilNextRetry()
                    .filter(due -> due.compareTo(LONGEST_NAP) < 0)
                    .orElse(LONGEST_NAP);
            Message message = mailbox.poll(Math.max(1, nap.toMillis()), TimeUnit.MILLISECONDS);
            if (message != null) {
                handle(message, walk, turns);
            }
            walk.proceed();
        }
        if (stopping == StopKind.CANCEL) {
            // what the plan does at the end it does after a cancellation too
            cancelled = true;
            stopping = null;
            starting = true;
        }
        return walk.hasEnded();
    }

    private void handle(Message message, PhaseWalk walk, Turns turns)
            throws IOException, UnresolvableException, InterruptedException, WalkBrokenException, LetGoException {
        if (message instanceof Message.TurnEnded ended) {
            walk.turnEnded(ended.node(), ended.move());
        } else if (message instanceof Message.TurnBroken broken) {
            if (broken.failure() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            throw new WalkBrokenException(broken.failure());
        } else if (message instanceof Message.Broken broken) {
            throw new WalkBrokenException(broken.failure());
        } else if (message instanceof Message.LetGo) {
            throw new LetGoException();
        } else if (message instanceof Message.Stop stop) {
            told(stop.reason());
            stop(stop.kind(), stop.reason(), stopping != null ? Haste.AT_ONCE : Haste.LEAVING, walk, turns);
        } else if (message instanceof Message.StopRefused refused) {
            if (obeying.remove(refused.node()) && obeying.isEmpty()) {
                goOn(walk);
            }
        } else if (message instanceof Message.Ask ask) {
            told(ask.command().describe());
            completeWhenAll(carryOut(ask.command(), walk, turns), ask.answer());
        }
    }

    private List<CompletableFuture<Answer.Line>> carryOut(Command command, PhaseWalk walk, Turns turns)
            throws IOException, UnresolvableException {
        if (command instanceof Command.Pause) {
            return stop(StopKind.PAUSE, command.describe(), Haste.ASKED, walk, turns);
        }
        if (command instanceof Command.Checkpoint checkpoint) {
            return checkpoint(checkpoint, walk, turns);
        }
        return stop(StopKind.CANCEL, command.describe(), Haste.ASKED, walk, turns);
    }

    private List<CompletableFuture<Answer.Line>> checkpoint(Command.Checkpoint command, PhaseWalk walk, Turns turns)
            throws IOException, UnresolvableException {
        if (command.step().isEmpty() && command.stop()) {
            return stop(StopKind.INTERRUPT, command.describe(), Haste.ASKED, walk, turns);
        }
        List<Node> wanted = turns.nodes().stream()
                .filter(node -> command.step()
                        .map(step -> step.equals(node.id()) || step.equals(node.group.step.id()))
                        .orElse(true))
                .toList();
        if (wanted.isEmpty() && command.step().isPresent()) {
            String step = command.step().get();
            return List.of(CompletableFuture.completedFuture(Answer.Line.failed(step, "it does not run now")));
        }
        return wanted.stream()
                .map(node -> command.stop()
                        ? turns.stop(node, EndCause.INTERRUPTED, "request", false)
                        : turns.checkpoint(node))
                .toList();
    }

    /** Who wants a stop, and how much of a hurry there is. */
    private enum Haste {
        /** The run is to stop. */
        ASKED,
        /** The runner goes; what can do without it need not stop. */
        LEAVING,
        AT_ONCE
    }

    private List<CompletableFuture<Answer.Line>> stop(
            StopKind kind, String reason, Haste haste, PhaseWalk walk, Turns turns)
            throws IOException, UnresolvableException {
        StopKind now = stopping == null || kind == StopKind.CANCEL ? kind : stopping;
        stopping = now;
        obeying.clear();
        if (haste == Haste.ASKED && kind != StopKind.CANCEL) {
            obeying.addAll(turns.nodes());
        }
        walk.stopStarting();
        List<CompletableFuture<Answer.Line>> answers = turns.nodes().stream()
                .map(node -> stop(node, now, reason, haste, turns))
                .toList();
        if (now == StopKind.CANCEL) {
            walk.cancelTheRest("the run was cancelled");
        }
        return answers;
    }

    /** Nothing of what a command asked to stop does so: it changes nothing. */
    private void goOn(PhaseWalk walk) {
        stopping = null;
        if (starting) {
            walk.startAgain();
        }
    }

    private static CompletableFuture<Answer.Line> stop(
            Node node, StopKind kind, String reason, Haste haste, Turns turns) {
        if (haste == Haste.AT_ONCE) {
            return turns.end(node, kind.cause(), Duration.ZERO);
        }
        if (haste == Haste.LEAVING && (kind == StopKind.INTERRUPT || kind == StopKind.PREEMPT)) {
            return turns.leave(node, kind.cause(), reason, kind == StopKind.PREEMPT);
        }
        return kind == StopKind.CANCEL
                ? turns.cancel(node)
                : turns.stop(node, kind.cause(), reason, kind == StopKind.PREEMPT);
    }

    private static void completeWhenAll(List<CompletableFuture<Answer.Line>> lines, CompletableFuture<Answer> answer) {
        CompletableFuture.allOf(lines.toArray(CompletableFuture[]::new))
                .thenRun(() -> answer.complete(
                        new Answer(lines.stream().map(CompletableFuture::join).toList())));
    }

    private RunState leave(ManifestIndex index, Phase phase) throws IOException {
        RunState state = stopping != null
                ? stopping.leaves()
                : phase.any(StepState.PAUSED) ? RunState.PAUSED : RunState.INTERRUPTED;
        boolean goesOn = state == RunState.INTERRUPTED
                && phase.nodes()
                        .anyMatch(node -> !node.state().isFinal() && tasks.isUnderWay(node.group.step, node.instance));
        return goesOn
                ? become(index, RunState.RUNNING, "its jobs go on")
                : become(index, state, stopping == null ? whatStands(phase) : "");
    }

    private RunState become(ManifestIndex index, RunState state, String message) throws IOException {
        run.state(state, message, services.clock().instant());
        index.write();
        services.listener().on(new RunEvent.RunChanged(services.clock().instant(), state, message));
        return state;
    }

    private void told(String what) {
        services.listener().on(new RunEvent.Requested(services.clock().instant(), what));
    }

    /** The walk was asked to let go. */
    private static final class LetGoException extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static String whatFailed(Phase... phases) {
        return messages(Stream.of(phases)
                .flatMap(Phase::nodes)
                .filter(node -> node.state() == StepState.FAILED && node.group.failsTheRun()));
    }

    /** Steps that could not be gone on with here and now. */
    private static String whatStands(Phase phase) {
        return messages(phase.nodes()
                .filter(node -> node.state() == StepState.INTERRUPTED
                        && !node.manifest().message().isEmpty()));
    }

    private static String messages(Stream<Node> nodes) {
        return nodes.map(node -> "step " + node.id() + ": " + node.manifest().message())
                .limit(5)
                .collect(Collectors.joining("; "));
    }
}
