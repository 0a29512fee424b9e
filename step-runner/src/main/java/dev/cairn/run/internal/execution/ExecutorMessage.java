package dev.cairn.run.internal.execution;

import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.internal.resume.NextAction;
import java.util.concurrent.CompletableFuture;

/** A message from another thread to the executor's thread. */
sealed interface ExecutorMessage {
    record ExecutionEnded(InstanceNode node, NextAction move) implements ExecutorMessage {}

    /** The runner cannot continue the step or the run. */
    record ExecutionBroken(InstanceNode node, Throwable failure) implements ExecutorMessage {}

    /** The run cannot be continued. */
    record Broken(Throwable failure) implements ExecutorMessage {}

    record LetGo() implements ExecutorMessage {}

    record Stop(StopKind kind, String reason) implements ExecutorMessage {}

    /** The step refuses the requested stop and runs on. */
    record StopRefused(InstanceNode node) implements ExecutorMessage {}

    /** @param answer completed when it is done or has failed */
    record Ask(RunCommand command, CompletableFuture<CommandResult> answer) implements ExecutorMessage {}
}
