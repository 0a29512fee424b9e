package dev.cairn.run.job;

import dev.cairn.run.event.RunListener;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.owner.Owners;
import dev.cairn.run.step.StepServices;
import dev.cairn.run.step.StepTurn;
import dev.cairn.run.step.Turn;
import dev.cairn.slurm.Slurm;

/** The steps of one run that are sent to Slurm. Thread-safe. */
public final class Jobs {
    private final RunFolder run;
    private final RunOrigin origin;
    private final JobBoard board;
    private final Owners owners;
    private final StepServices services;
    private final RunListener shown;

    /** @param shown told of what happens in jobs, for the eye only: they write it down themselves */
    public Jobs(RunFolder run, RunOrigin origin, Slurm slurm, Owners owners, StepServices services, RunListener shown) {
        this.run = run;
        this.origin = origin;
        this.board = new JobBoard(slurm);
        this.owners = owners;
        this.services = services;
        this.shown = shown;
    }

    /** @param local the step's turn as it would be taken here, to conclude what a job left open */
    public Turn turn(StepManifest manifest, JobPlan plan, StepTurn local) {
        RunFolder part = run.ofJob(manifest.stepId());
        return new JobTurn(
                manifest,
                part,
                new JobDesk(part, manifest.stepId(), origin, plan, board, services),
                board,
                owners,
                services,
                local,
                new JobNews(manifest, services.listener(), shown, services.clock()));
    }

    /** Whether a job of the step may be in the queue or running. */
    public boolean isUnderWay(String stepId) {
        return Submission.isOpen(run.ofJob(stepId));
    }
}
