package dev.cairn.run.walk;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.ladder.NextMove;
import dev.cairn.run.ladder.ResumeWish;
import dev.cairn.run.request.Answer;
import dev.cairn.run.step.StepServices;
import dev.cairn.run.step.Turn;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The turns under way: each in a thread of its own, and commands to them in others, so that the walk's thread never waits for
 * one. Its methods belong to the walk's thread.
 */
final class Turns implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final StepServices services;
    private final Consumer<Message> mailbox;
    private final Map<Node, UnderWay> running = new LinkedHashMap<>();
    private final Map<String, Turn> shown;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "cairn-step");
        thread.setDaemon(true);
        return thread;
    });

    /** @param over completed when its thread writes nothing more */
    private record UnderWay(Turn turn, CompletableFuture<Void> over) {}

    /** @param shown thread-safe; kept up to date with the turns by step id, for others to see */
    Turns(StepServices services, Consumer<Message> mailbox, Map<String, Turn> shown) {
        this.services = services;
        this.mailbox = mailbox;
        this.shown = shown;
    }

    boolean isEmpty() {
        return running.isEmpty();
    }

    boolean isRunning(Node node) {
        return running.containsKey(node);
    }

    List<Node> nodes() {
        return List.copyOf(running.keySet());
    }

    void start(Node node, Turn turn, ResumeWish wish) {
        shown.put(node.id(), turn);
        running.put(
                node,
                new UnderWay(
                        turn, CompletableFuture.runAsync(() -> mailbox.accept(result(node, turn, wish)), threads)));
    }

    void ended(Node node) {
        running.remove(node);
        shown.remove(node.id());
    }

    private static Message result(Node node, Turn turn, ResumeWish wish) {
        try {
            NextMove move = turn.run(wish);
            return new Message.TurnEnded(node, move);
        } catch (Throwable e) { // the root of the step's thread: the walk decides what becomes of the run
            return new Message.TurnBroken(node, e);
        }
    }

    CompletableFuture<Answer.Line> checkpoint(Node node) {
        return command(node, turn -> turn.checkpoint("request"));
    }

    /** With an image; where that is refused the walk hears of it. */
    CompletableFuture<Answer.Line> stop(Node node, EndCause cause, String reason, boolean anyway) {
        return command(node, turn -> {
            try {
                return turn.stop(cause, reason, anyway);
            } catch (EngineException e) {
                if (e.code() != EngineException.GONE) {
                    mailbox.accept(new Message.StopRefused(node));
                }
                throw e;
            }
        });
    }

    /** The runner goes. */
    CompletableFuture<Answer.Line> leave(Node node, EndCause cause, String reason, boolean anyway) {
        return command(node, turn -> turn.leave(cause, reason, anyway));
    }

    /** Without an image. */
    CompletableFuture<Answer.Line> end(Node node, EndCause cause, Duration grace) {
        return command(node, turn -> {
            turn.end(cause, grace);
            return OptionalLong.empty();
        });
    }

    /** CANCELLED, with the grace that the step's plan allows. */
    CompletableFuture<Answer.Line> cancel(Node node) {
        return command(node, turn -> {
            turn.cancel();
            return OptionalLong.empty();
        });
    }

    @FunctionalInterface
    private interface TurnCommand {
        OptionalLong on(Turn turn) throws EngineException, InterruptedException;
    }

    private CompletableFuture<Answer.Line> command(Node node, TurnCommand command) {
        UnderWay running = this.running.get(node);
        if (running == null) {
            return CompletableFuture.completedFuture(Answer.Line.failed(node.id(), "does not run"));
        }
        CompletableFuture<Answer.Line> answer = new CompletableFuture<>();
        threads.execute(() -> answer.complete(carryOut(node.id(), running.turn(), command)));
        return answer;
    }

    private Answer.Line carryOut(String step, Turn turn, TurnCommand command) {
        try {
            return Answer.Line.done(step, command.on(turn));
        } catch (EngineException e) {
            String what = e.getMessage() + (e.code() == EngineException.GONE ? "" : "; the step runs on");
            services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(step), what));
            return Answer.Line.failed(step, String.valueOf(e.getMessage()));
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
            return Answer.Line.failed(step, "the runner has let go of the run");
        } catch (RuntimeException e) { // the root of the command's thread: somebody waits for the answer
            return Answer.Line.failed(step, e.toString());
        }
    }

    /** Lets go of all steps, which go on under their supervisors; whoever owns the run next writes to it alone. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            CompletableFuture.allOf(
                            running.values().stream().map(UnderWay::over).toArray(CompletableFuture[]::new))
                    .get(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException left) {
            // one that hangs, in a file system perhaps, finds the ownership let go of before it writes again
        }
    }
}
