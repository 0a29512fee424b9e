package dev.cairn.quartz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.quartz.JobKey.jobKey;
import static org.quartz.TriggerBuilder.newTrigger;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.listeners.JobListenerSupport;

/** In a real scheduler, with the engine that every host allows. */
final class CheckpointedStepJobTest {
    private static final JobKey NIGHTLY = jobKey("nightly");

    private record Execution(
            @Nullable Object result, @Nullable JobExecutionException failure) {}

    @TempDir
    Path folder;

    private final BlockingQueue<Execution> executed = new LinkedBlockingQueue<>();
    private StepRunner runner;
    private Scheduler scheduler;

    @BeforeEach
    void startScheduler() throws Exception {
        Map<String, Checkpointer> engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        runner = new StepRunner(CairnHome.at(folder.resolve("home")), engines);
        Properties properties = new Properties();
        properties.setProperty("org.quartz.scheduler.instanceName", folder.toString());
        properties.setProperty("org.quartz.threadPool.threadCount", "2");
        properties.setProperty("org.quartz.scheduler.skipUpdateCheck", "true");
        scheduler = new StdSchedulerFactory(properties).getScheduler();
        scheduler.getContext().put(CheckpointedStepJob.RUNNER, runner);
        scheduler.getListenerManager().addJobListener(new Recorder());
        scheduler.start();
    }

    @AfterEach
    void stopScheduler() throws Exception {
        scheduler.shutdown(true);
    }

    @Test
    void runsTheCommandAndHandsOverItsOutcome() throws Exception {
        fire("sh", "-c", "echo done > result.txt");
        assertThat(next().result())
                .isInstanceOfSatisfying(
                        RunOutcome.class, outcome -> assertThat(outcome.state()).isEqualTo(RunState.SUCCEEDED));
        assertThat(folder.resolve("result.txt")).hasContent("done");
    }

    @Test
    void aFailedCommandFailsTheJob() throws Exception {
        fire("sh", "-c", "exit 3");
        assertThat(next().failure()).isNotNull().hasMessageContaining("DEFAULT.nightly: the command failed");
    }

    @Test
    void anInterruptedJobIsGoneOnWithByTheNextFiring() throws Exception {
        fire("sh", "-c", "touch started; while [ ! -e go ]; do sleep 0.05; done");
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(folder.resolve("started")));
        scheduler.interrupt(NIGHTLY);
        assertThat(next().result())
                .isInstanceOfSatisfying(
                        RunOutcome.class, outcome -> assertThat(outcome.state()).isEqualTo(RunState.INTERRUPTED));

        Files.createFile(folder.resolve("go"));
        scheduler.triggerJob(NIGHTLY);
        assertThat(next().failure()).isNull();
        List<RunManifest> runs = runner.runs().list().runs();
        assertThat(runs).hasSize(1);
        assertThat(runs.get(0).state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void saysWhichRunnerIsMissing() throws Exception {
        scheduler.getContext().remove(CheckpointedStepJob.RUNNER);
        fire("true");
        assertThat(next().failure()).isNotNull().hasMessageContaining("cairn.runner");
    }

    private void fire(String... command) throws Exception {
        JobDetail job = CheckpointedStepJob.detail(NIGHTLY, folder, Optional.empty(), List.of(command));
        scheduler.scheduleJob(
                CheckpointedStepJob.withEngine(job, "none"),
                newTrigger().startNow().build());
    }

    private Execution next() throws InterruptedException {
        Execution execution = executed.poll(1, TimeUnit.MINUTES);
        assertThat(execution).as("an execution of the job").isNotNull();
        return execution;
    }

    private final class Recorder extends JobListenerSupport {
        @Override
        public String getName() {
            return "recorder";
        }

        @Override
        public void jobWasExecuted(JobExecutionContext context, @Nullable JobExecutionException failure) {
            executed.add(new Execution(context.getResult(), failure));
        }
    }
}
