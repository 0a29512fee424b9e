package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.engine.EngineException;
import dev.cairn.run.OpenResult;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Opens a run, and waits for its owner if that makes sense. It always waits for an owner that is stopping, because a
 * retry by a batch system or an engine often comes during the last checkpoint of the try before. For any other owner it
 * waits as long as {@code --wait} says. Confined to one thread.
 */
final class OwnerWait {
    /** How long to wait for an owner that is stopping: writing the image of a large step takes time. */
    static final Duration CLOSING = Duration.ofMinutes(10);

    /** How long to wait for any owner: one that was just asked to stop shows it only after a moment. */
    private static final Duration MOMENT = Duration.ofMillis(600);

    private static final long LOOK_MILLIS = 200;

    private final Console console;
    private final Signals signals;
    private final Duration patience;

    /** @param patience how long to wait for an owner that is not stopping */
    OwnerWait(Console console, Signals signals, Duration patience) {
        this.console = console;
        this.signals = signals;
        this.patience = patience;
    }

    /** Asks for a run. */
    @FunctionalInterface
    public interface Opener {
        OpenResult open()
                throws IOException, EngineException, InterruptedException, RunnerFailedException, CliException;
    }

    /** @return {@code Held} only if the owner outlasted the wait */
    public OpenResult open(Opener opener)
            throws IOException, EngineException, InterruptedException, RunnerFailedException, CliException {
        long said = 0;
        long since = 0;
        for (boolean first = true; ; first = false) {
            OpenResult opening = opener.open();
            if (!(opening instanceof OpenResult.Held held)) {
                return opening;
            }
            if (first) {
                since = System.nanoTime(); // the check itself does not count as waiting
            }
            OwnerRecord owner = held.owner();
            if (left(owner, since).isZero()) {
                return opening;
            }
            if (said != owner.epoch() && (owner.stopping() || !patience.isZero())) {
                said = owner.epoch();
                console.say("cairn: run " + held.run().path().getFileName() + " is held by " + owner.describe()
                        + (owner.stopping() ? ", which is stopping it" : "") + "; waiting for up to "
                        + Durations.format(whole(owner)));
            }
            await(held.run(), since);
        }
    }

    /** Until the owner has released the run or died, or the wait is over. */
    private void await(RunFolder run, long since) throws IOException, InterruptedException, CliException {
        long looks = RunStore.LONGEST_SILENCE.toMillis()
                / LOOK_MILLIS; // the opener knows more about an owner whose pids are invisible here
        Optional<OwnerRecord> owner = RunStore.ownerOf(run);
        boolean wasStopping = owner.map(OwnerRecord::stopping).orElse(false);
        while (owner.isPresent()
                && owner.get().stopping() == wasStopping
                && !left(owner.get(), since).isZero()
                && looks-- > 0) {
            if (signals.await(LOOK_MILLIS).isPresent()) {
                throw new CliException(
                        ExitCode.STOPPED,
                        "stopped while waiting for " + owner.get().describe());
            }
            owner = RunStore.ownerOf(run);
        }
    }

    private Duration whole(OwnerRecord owner) {
        Duration least = owner.stopping() ? CLOSING : MOMENT;
        return least.compareTo(patience) > 0 ? least : patience;
    }

    private Duration left(OwnerRecord owner, long since) {
        Duration left = whole(owner).minusNanos(System.nanoTime() - since);
        return left.isNegative() ? Duration.ZERO : left;
    }
}
