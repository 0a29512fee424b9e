package dev.cairn.run.internal.job;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for an {@code sbatch} that a dead runner may have left and that Slurm has not answered yet. */
final class OrphanedSubmission {
    private static final int MINUTES = 2;

    private OrphanedSubmission() {}

    /** Waits until no {@code sbatch} with this comment runs on this host. */
    static void await(String comment) throws InterruptedException {
        String argument = "--comment=" + comment;
        List<ProcessHandle> alive = ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .filter(words -> List.of(words).contains(argument))
                        .isPresent())
                .toList();
        for (ProcessHandle sbatch : alive) {
            try {
                sbatch.onExit().get(MINUTES, TimeUnit.MINUTES);
            } catch (ExecutionException | TimeoutException stuck) {
                sbatch.destroyForcibly();
            }
        }
    }
}
