package dev.cairn.run.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunState;
import dev.cairn.workflow.spec.Change;
import dev.cairn.workflow.spec.Notification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotifyTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Delivery.Answer AWAY = new Delivery.Answer.Later("nobody answers", Optional.empty());
    private static final String FLOW = """
            name: n
            notify: {webhook: {url: "http://one.example/hook?token=t"}}
            steps: [{id: a, run: x}]
            """;

    @TempDir
    Path folder;

    private Bench bench;
    private final RecordingDelivery<Notification.Webhook> webhooks = new RecordingDelivery<>();
    private final RecordingDelivery<Notification.AirflowAsset> assets = new RecordingDelivery<>();

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
        bench.engine().program("a", FakeStep::succeed);
    }

    private StepRunner runner() throws IOException {
        return bench.runner().telling(new Deliveries(webhooks, assets, Duration.ofMillis(300)));
    }

    private Bench.Running start(String yaml) throws Exception {
        return bench.start(runner().run(bench.flow(yaml)));
    }

    private List<String> tellLater(RunFolder run) throws Exception {
        return runner().pendingNotifications().tell(run, LONG, refusal -> {});
    }

    private static List<Change> changes(List<Notice> notices) {
        return notices.stream().map(Notice::change).toList();
    }

    @Test
    void tellsWhatHappensInItsOrder() throws Exception {
        Bench.Running run = start(FLOW);
        assertThat(run.outcome().undelivered()).isEmpty();
        assertThat(changes(webhooks.told()))
                .containsExactly(Change.RUN_STARTED, Change.STEP_STARTED, Change.STEP_SUCCEEDED, Change.RUN_SUCCEEDED);
        assertThat(webhooks.told().stream().map(Notice::sequence)).isSorted().doesNotHaveDuplicates();
        assertThat(webhooks.told().get(1).step()).contains("a");
        assertThat(webhooks.told().get(1).id())
                .isEqualTo(run.session().id() + "-" + webhooks.told().get(1).sequence());
        assertThat(runner().pendingNotifications().runs()).isEmpty();
    }

    @Test
    void tellsOnlyWhatIsAskedFor() throws Exception {
        start("""
                notify:
                  - {webhook: {url: "http://one.example/", events: [run.failed, step.failed]}}
                  - {airflow_asset: {connection: c, uri: "s3://a"}}
                steps: [{id: a, run: x}]
                """).outcome();
        assertThat(webhooks.told()).isEmpty();
        assertThat(changes(assets.told())).containsExactly(Change.RUN_SUCCEEDED);
    }

    @Test
    void tellsAReceiverThatWasAwayLaterAndOnce() throws Exception {
        webhooks.answer(notice -> notice.change() == Change.RUN_STARTED ? new Delivery.Answer.Delivered() : AWAY);
        Bench.Running run = start(FLOW);
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.outcome().undelivered()).containsExactly("webhook http://one.example/hook: nobody answers");
        assertThat(runner().pendingNotifications().runs()).containsExactly(run.folder());

        webhooks.answer(notice -> new Delivery.Answer.Delivered());
        assertThat(tellLater(run.folder())).isEmpty();
        assertThat(changes(webhooks.told()))
                .containsExactly(Change.RUN_STARTED, Change.STEP_STARTED, Change.STEP_SUCCEEDED, Change.RUN_SUCCEEDED);
        assertThat(runner().pendingNotifications().runs()).isEmpty();
        assertThat(tellLater(run.folder())).isEmpty();
        assertThat(webhooks.told()).hasSize(4);
    }

    @Test
    void waitsForNoReceiverThatHangsAndLetsNobodyElseTellMeanwhile() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        webhooks.answer(notice -> {
            hanging.countDown();
            try {
                free.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return AWAY;
        });
        Bench.Running run = start(FLOW);
        hanging.await();
        assertThat(run.outcome().undelivered())
                .containsExactly("webhook http://one.example/hook: it has not answered yet");
        assertThat(runner().pendingNotifications().tell(run.folder(), Duration.ZERO, refusal -> {}))
                .containsExactly("another process delivers the notifications of this run");

        webhooks.answer(notice -> new Delivery.Answer.Delivered());
        free.countDown();
        assertThat(tellLater(run.folder())).isEmpty();
        assertThat(webhooks.told()).hasSize(4);
    }

    @Test
    void goesOnAfterWhatIsRefusedAndSaysSo() throws Exception {
        webhooks.answer(notice -> notice.change() == Change.STEP_STARTED
                ? new Delivery.Answer.Refused("410 Gone")
                : new Delivery.Answer.Delivered());
        Bench.Running run = start(FLOW);
        assertThat(run.outcome().undelivered()).isEmpty();
        assertThat(changes(webhooks.told()))
                .containsExactly(Change.RUN_STARTED, Change.STEP_SUCCEEDED, Change.RUN_SUCCEEDED);
        assertThat(run.events())
                .anyMatch(event -> event instanceof RunEvent.Note note
                        && note.message().contains("step.started")
                        && note.message().contains("410 Gone"));
        assertThat(Files.readString(run.folder().notifications())).contains("410 Gone");
    }

    /** As after a kill between the manifest and the journal, and in the middle of a line. */
    @Test
    void tellsWhatOnlyTheManifestKnows() throws Exception {
        webhooks.answer(notice -> AWAY);
        Bench.Running run = start(FLOW);
        run.outcome();
        Path journal = run.folder().events();
        List<String> kept = Files.readAllLines(journal).stream()
                .filter(line -> !line.contains("succeeded"))
                .toList();
        Files.write(journal, kept);
        Files.writeString(journal, "{\"at\": \"20", StandardOpenOption.APPEND);

        webhooks.answer(notice -> new Delivery.Answer.Delivered());
        assertThat(tellLater(run.folder())).isEmpty();
        assertThat(changes(webhooks.told()))
                .containsExactly(Change.RUN_STARTED, Change.STEP_STARTED, Change.STEP_SUCCEEDED, Change.RUN_SUCCEEDED);
    }

    @Test
    void theNextRunnerTellsTheRest() throws Exception {
        webhooks.answer(notice -> AWAY);
        bench.engine().program("a", step -> step.fail(1));
        Bench.Running run = start(FLOW);
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);

        webhooks.answer(notice -> new Delivery.Answer.Delivered());
        bench.engine().program("a", FakeStep::succeed);
        OpenResult opening = runner().resume(run.folder(), ResumeOptions.NONE, false);
        assertThat(bench.start(opening).outcome().undelivered()).isEmpty();
        assertThat(changes(webhooks.told()))
                .containsExactly(
                        Change.RUN_STARTED,
                        Change.STEP_STARTED,
                        Change.STEP_FAILED,
                        Change.RUN_FAILED,
                        Change.RUN_RESUMED,
                        Change.STEP_STARTED,
                        Change.STEP_SUCCEEDED,
                        Change.RUN_SUCCEEDED);
    }

    @Test
    void aRunnerThatLetsGoLeavesTheTellingToOthers() throws Exception {
        webhooks.answer(notice -> AWAY);
        bench.engine().program("a", step -> {});
        Bench.Running run = start(FLOW);
        bench.engine().nextStart();
        run.die();

        webhooks.answer(notice -> new Delivery.Answer.Delivered());
        assertThat(tellLater(run.folder())).isEmpty();
        assertThat(changes(webhooks.told())).containsExactly(Change.RUN_STARTED, Change.STEP_STARTED);
    }

    @Test
    void aRunnerThatCannotTellSaysSoBeforeItStarts() throws Exception {
        WorkflowRequest request = bench.flow(FLOW);
        bench.assertRefused(request, "'notify'");
    }
}
