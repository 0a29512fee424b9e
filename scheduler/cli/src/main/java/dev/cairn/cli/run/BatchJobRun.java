package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunState;
import dev.cairn.slurm.BatchJob;
import dev.cairn.slurm.LimitWatch;
import dev.cairn.slurm.Requeue;
import dev.cairn.slurm.Slurm;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A foreground run in a Slurm job: checkpoints before the job's time limit, and requeues the job. */
final class BatchJobRun {
    /** A variable that every step has: a Cairn inside a step must not manage the job. */
    private static final String INSIDE_A_STEP = "CAIRN_RUN_ID";

    private final BatchJob job;
    private final Slurm slurm;
    private final CompositionRoot composition;
    private final Signals signals;

    private BatchJobRun(BatchJob job, Slurm slurm, CompositionRoot composition, Signals signals) {
        this.job = job;
        this.slurm = slurm;
        this.composition = composition;
        this.signals = signals;
    }

    /** Empty outside a job, and in a job that another Cairn manages. */
    static Optional<BatchJobRun> of(CompositionRoot composition, Signals signals) {
        Map<String, String> environment = composition.console().environment();
        return environment.containsKey(INSIDE_A_STEP)
                ? Optional.empty()
                : BatchJob.of(environment)
                        .map(job -> new BatchJobRun(job, new Slurm(environment), composition, signals));
    }

    RunOutcome run(RunSession session, SessionView view)
            throws IOException, InterruptedException, RunnerFailedException {
        view.say("cairn: in Slurm job " + job.id() + (job.restart() == 0 ? "" : ", restart " + job.restart())
                + granted());
        try (LimitWatch limit = new LimitWatch(
                job,
                slurm,
                composition.clock(),
                end -> view.say(
                        "cairn: job " + job.id() + " ends at " + HumanText.time(end) + "; its work is saved before"),
                () -> signals.send(Signals.Stop.WARNING))) {
            limit.begin();
            return session.run(event -> {
                if (event instanceof RunEvent.ImagePublished published) {
                    limit.imageTook(published.image().took());
                }
                view.on(event);
            });
        }
    }

    private String granted() {
        return (job.cpus().isPresent() ? ": " + job.cpus().getAsInt() + " cpus" : "")
                + (job.memoryBytes().isPresent()
                        ? ", " + Sizes.text(job.memoryBytes().getAsLong())
                        : "");
    }

    /**
     * If Slurm stopped the run, requeues the job so that the same line resumes it, or says why it does not.
     *
     * @param evicted whether a step has seen that
     */
    void end(RunOutcome outcome, Set<Signals.Stop> told, boolean evicted) throws InterruptedException {
        boolean unfinished = !outcome.state().isFinal() && outcome.state() != RunState.PAUSED;
        if (unfinished && (evicted || told.stream().anyMatch(Signals.Stop::isPreemption))) {
            Requeue requeue = Requeue.after(job, slurm, told.contains(Signals.Stop.WARNING));
            composition.console().say("cairn: " + requeue.words());
        }
    }
}
