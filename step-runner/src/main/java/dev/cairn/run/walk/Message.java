package dev.cairn.run.walk;

import dev.cairn.run.ladder.NextMove;
import dev.cairn.run.request.Answer;
import dev.cairn.run.request.Command;
import java.util.concurrent.CompletableFuture;

/** What the walk's thread is told by others. */
sealed interface Message {
    record TurnEnded(Node node, NextMove move) implements Message {}

    /** The runner itself cannot go on with the step, nor with the run. */
    record TurnBroken(Node node, Throwable failure) implements Message {}

    /** The run itself cannot be gone on with. */
    record Broken(Exception failure) implements Message {}

    record LetGo() implements Message {}

    record Stop(StopKind kind, String reason) implements Message {}

    /** The step does not stop as it was asked to: it runs on. */
    record StopRefused(Node node) implements Message {}

    /** @param answer completed when it is done or has failed */
    record Ask(Command command, CompletableFuture<Answer> answer) implements Message {}
}
