package dev.cairn.run.internal.execution;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
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
 * The executions under way, each in a thread of its own. Commands to them run in other threads, so that the executor's
 * thread never waits for one. Only the executor's thread calls the methods.
 */
final class StepExecutions implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final StepServices services;
    private final Consumer<ExecutorMessage> mailbox;
    private final Map<InstanceNode, UnderWay> running = new LinkedHashMap<>();
    private final Map<String, StepExecution> shown;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "cairn-step");
        thread.setDaemon(true);
        return thread;
    });

    /** @param over complete when its thread writes nothing more */
    private record UnderWay(StepExecution execution, CompletableFuture<Void> over) {}

    /** @param shown the executions by step id, for other threads; thread-safe, and kept up to date */
    StepExecutions(StepServices services, Consumer<ExecutorMessage> mailbox, Map<String, StepExecution> shown) {
        this.services = services;
        this.mailbox = mailbox;
        this.shown = shown;
    }

    boolean isEmpty() {
        return running.isEmpty();
    }

    boolean isRunning(InstanceNode node) {
        return running.containsKey(node);
    }

    List<InstanceNode> nodes() {
        return List.copyOf(running.keySet());
    }

    void start(InstanceNode node, StepExecution execution, ResumeChoice wish) {
        shown.put(node.id(), execution);
        running.put(
                node,
                new UnderWay(
                        execution,
                        CompletableFuture.runAsync(() -> mailbox.accept(result(node, execution, wish)), threads)));
    }

    void ended(InstanceNode node) {
        running.remove(node);
        shown.remove(node.id());
    }

    private static ExecutorMessage result(InstanceNode node, StepExecution execution, ResumeChoice wish) {
        try {
            NextAction move = execution.run(wish);
            return new ExecutorMessage.ExecutionEnded(node, move);
        } catch (Throwable e) { // the root of the step's thread: the executor decides how the run ends
            return new ExecutorMessage.ExecutionBroken(node, e);
        }
    }

    CompletableFuture<CommandResult.Line> checkpoint(InstanceNode node) {
        return command(node, execution -> execution.checkpoint("request"));
    }

    /** With an image; a refusal is reported to the executor. */
    CompletableFuture<CommandResult.Line> stop(InstanceNode node, EndCause cause, String reason, boolean anyway) {
        return command(node, execution -> {
            try {
                return execution.stop(cause, reason, anyway);
            } catch (EngineException e) {
                if (e.code() != EngineException.GONE) {
                    mailbox.accept(new ExecutorMessage.StopRefused(node));
                }
                throw e;
            }
        });
    }

    /** The runner goes. */
    CompletableFuture<CommandResult.Line> leave(InstanceNode node, EndCause cause, String reason, boolean anyway) {
        return command(node, execution -> execution.leave(cause, reason, anyway));
    }

    /** Without an image. */
    CompletableFuture<CommandResult.Line> end(InstanceNode node, EndCause cause, Duration grace) {
        return command(node, execution -> {
            execution.end(cause, grace);
            return OptionalLong.empty();
        });
    }

    /** Cancels the step, with the grace period of its plan. */
    CompletableFuture<CommandResult.Line> cancel(InstanceNode node) {
        return command(node, execution -> {
            execution.cancel();
            return OptionalLong.empty();
        });
    }

    @FunctionalInterface
    private interface ExecutionCommand {
        OptionalLong on(StepExecution execution) throws EngineException, InterruptedException;
    }

    private CompletableFuture<CommandResult.Line> command(InstanceNode node, ExecutionCommand command) {
        UnderWay running = this.running.get(node);
        if (running == null) {
            return CompletableFuture.completedFuture(CommandResult.Line.failed(node.id(), "does not run"));
        }
        CompletableFuture<CommandResult.Line> answer = new CompletableFuture<>();
        threads.execute(() -> answer.complete(carryOut(node.id(), running.execution(), command)));
        return answer;
    }

    private CommandResult.Line carryOut(String step, StepExecution execution, ExecutionCommand command) {
        try {
            return CommandResult.Line.done(step, command.on(execution));
        } catch (EngineException e) {
            String what = e.getMessage() + (e.code() == EngineException.GONE ? "" : "; the step runs on");
            services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(step), what));
            return CommandResult.Line.failed(step, String.valueOf(e.getMessage()));
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
            return CommandResult.Line.failed(step, "the runner has let go of the run");
        } catch (RuntimeException e) { // the root of the command's thread: the sender waits for the answer
            return CommandResult.Line.failed(step, e.toString());
        }
    }

    /** Detaches from all steps, which continue under their supervisors; only the next owner of the run writes to it. */
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
            // an execution that hangs, perhaps in a file system, notices the released ownership
            // before it writes again
        }
    }
}
