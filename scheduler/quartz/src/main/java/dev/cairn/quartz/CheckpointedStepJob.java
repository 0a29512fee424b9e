package dev.cairn.quartz;

import dev.cairn.run.CheckpointedCommand;
import dev.cairn.run.OpenResult;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.InterruptableJob;
import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.JobKey;
import org.quartz.SchedulerException;

/**
 * Runs a command as a checkpointed step in a Quartz scheduler of your own. The run is named after the job: after a
 * crash or an interrupt, the next firing resumes the unfinished run from its last checkpoint; after success or failure,
 * it starts a new run.
 *
 * <pre>{@code
 * scheduler.getContext().put(CheckpointedStepJob.RUNNER, cairn.runner());
 * scheduler.scheduleJob(
 *         CheckpointedStepJob.detail(jobKey("nightly"), folder, Optional.empty(), List.of("python3", "train.py")), trigger);
 * }</pre>
 *
 * <p>The job's result is the {@link RunOutcome}. All its data are texts, so that every job store can store them.
 * Interrupting it checkpoints and stops the command.
 */
@DisallowConcurrentExecution
public final class CheckpointedStepJob implements InterruptableJob {
    /** The key of the {@link StepRunner} in the scheduler's context. */
    public static final String RUNNER = "cairn.runner";

    private static final String WORD = "cairn.command.";
    private static final String FOLDER = "cairn.folder";
    private static final String EVERY = "cairn.every";
    private static final String ENGINE = "cairn.engine";

    private volatile @Nullable RunSession running;
    private volatile boolean interrupted;

    /**
     * A durable job that Quartz repeats if a scheduler died during its execution.
     *
     * @param folder the folder in which the command runs
     * @param every interval between checkpoints; empty lets Cairn adapt it to their cost
     * @param command program and arguments
     */
    public static JobDetail detail(JobKey key, Path folder, Optional<Duration> every, List<String> command) {
        JobDataMap data = new JobDataMap();
        data.put(FOLDER, folder.toAbsolutePath().toString());
        every.ifPresent(interval -> data.put(EVERY, interval.toString()));
        for (int i = 0; i < command.size(); i++) {
            data.put(WORD + i, command.get(i));
        }
        return JobBuilder.newJob(CheckpointedStepJob.class)
                .withIdentity(key)
                .usingJobData(data)
                .storeDurably()
                .requestRecovery()
                .build();
    }

    /** Chooses another engine than {@code native} for a job's command. */
    public static JobDetail withEngine(JobDetail job, String engine) {
        return job.getJobBuilder().usingJobData(ENGINE, engine).build();
    }

    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
        JobKey key = context.getJobDetail().getKey();
        try {
            OpenResult opening = runner(context).exec(command(key, context.getMergedJobDataMap()));
            if (!(opening instanceof OpenResult.Ready ready)) {
                throw new JobExecutionException(key + ": " + opening.words());
            }
            try (RunSession session = ready.session()) {
                running = session;
                if (interrupted) {
                    return;
                }
                conclude(key, session.run(event -> {}), context);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobExecutionException(
                    key + ": the runner was interrupted; the command keeps running under its supervisor", e);
        } catch (IOException | SchedulerException | RunnerFailedException e) {
            throw new JobExecutionException(key + ": " + e.getMessage(), e);
        } finally {
            running = null;
        }
    }

    private static StepRunner runner(JobExecutionContext context) throws SchedulerException {
        if (context.getScheduler().getContext().get(RUNNER) instanceof StepRunner runner) {
            return runner;
        }
        throw new SchedulerException("the scheduler's context has no StepRunner under '" + RUNNER + "'");
    }

    private static CheckpointedCommand command(JobKey key, JobDataMap data) {
        List<String> words = new ArrayList<>();
        for (int i = 0; data.containsKey(WORD + i); i++) {
            words.add(data.getString(WORD + i));
        }
        CheckpointedCommand command = CheckpointedCommand.of(words)
                .in(Path.of(data.getString(FOLDER)))
                .named(key.toString());
        if (data.containsKey(EVERY)) {
            command.every(Duration.parse(data.getString(EVERY)));
        }
        if (data.containsKey(ENGINE)) {
            command.engine(data.getString(ENGINE));
        }
        return command;
    }

    private static void conclude(JobKey key, RunOutcome outcome, JobExecutionContext context)
            throws JobExecutionException {
        context.setResult(outcome);
        if (outcome.state() == RunState.FAILED) {
            throw new JobExecutionException(key + ": the command failed: " + outcome.message());
        }
    }

    @Override
    public void interrupt() {
        interrupted = true;
        RunSession session = running;
        if (session != null) {
            session.stop(StopKind.INTERRUPT, "the job was interrupted");
        }
    }
}
