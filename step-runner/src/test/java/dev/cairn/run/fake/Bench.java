package dev.cairn.run.fake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.Checkpointer;
import dev.cairn.run.OpenResult;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/** A folder with a workflow in it, engines that do as they are told, and a runner. */
public final class Bench {
    private final Path folder;
    private final FakeEngine engine = new FakeEngine("native");
    private final FakeEngine fallback = new FakeEngine("none");
    private final Map<String, String> environment = new HashMap<>(Map.of("PATH", "/usr/bin:/bin"));
    private final Map<String, Checkpointer> actions = new HashMap<>();
    private Clock clock = Clock.systemDefaultZone();

    public Bench(Path folder) {
        this.folder = folder;
    }

    /** The engine {@code native} of every runner of this bench. */
    public FakeEngine engine() {
        return engine;
    }

    /** The engine {@code none} of every runner of this bench. */
    public FakeEngine fallback() {
        return fallback;
    }

    /** What carries out {@code uses: name} in every runner of this bench from now on. */
    public FakeEngine action(String name) {
        FakeEngine action = new FakeEngine(name);
        actions.put(name, action);
        return action;
    }

    public Map<String, String> environment() {
        return environment;
    }

    public Bench clock(Clock chosen) {
        clock = chosen;
        return this;
    }

    public Path write(String name, String content) {
        try {
            return Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes {@code flow.yaml}. */
    public WorkflowRequest flow(String yaml) {
        return WorkflowRequest.of(write("flow.yaml", yaml));
    }

    /** Each call is another runner on the same home. */
    public StepRunner runner() throws IOException {
        Map<String, Checkpointer> engines = Map.of("native", engine, "none", fallback);
        return new StepRunner(CairnHome.findOrCreate(folder, Map.of()), engines, actions, clock, environment);
    }

    /** A runner that can send steps to Slurm. */
    public StepRunner submitter(String command) throws IOException {
        return runner().submittingAs(List.of(command));
    }

    public Running start(WorkflowRequest request) throws IOException, InterruptedException {
        return start(runner().run(request));
    }

    public Running start(OpenResult opening) {
        if (!(opening instanceof OpenResult.Ready ready)) {
            throw new AssertionError("not ready: " + opening);
        }
        return new Running(ready.session());
    }

    /** For one reason, which holds this text. */
    public void assertRefused(WorkflowRequest request, String reason) throws IOException, InterruptedException {
        assertThat(runner().run(request))
                .isInstanceOfSatisfying(
                        OpenResult.Refused.class,
                        refused -> assertThat(refused.reasons())
                                .singleElement()
                                .asString()
                                .contains(reason));
    }

    /** Waits with a generous deadline for a condition to become true. */
    public static void until(BooleanSupplier condition) {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(condition::getAsBoolean);
    }

    /** A session whose run executes in a separate thread. */
    public static final class Running {
        private final RunSession session;
        private final List<RunEvent> events = new CopyOnWriteArrayList<>();
        private final CompletableFuture<RunOutcome> outcome = new CompletableFuture<>();
        private final Thread thread;

        Running(RunSession session) {
            this.session = session;
            this.thread = new Thread(this::run, "bench-run");
            thread.start();
        }

        private void run() {
            try {
                outcome.complete(session.run(events::add));
            } catch (Exception e) {
                outcome.completeExceptionally(e);
            }
        }

        public RunSession session() {
            return session;
        }

        public RunFolder folder() {
            return session.folder();
        }

        public StepManifest step(String id) throws IOException {
            return StepManifest.read(session.folder().step(id)).orElseThrow();
        }

        public List<RunEvent> events() {
            return events;
        }

        /** Waits for the end. */
        public RunOutcome outcome() throws Exception {
            return outcome.get(30, TimeUnit.SECONDS);
        }

        /** As when the runner dies: it lets go, and its ownership is not worth keeping. */
        public void die() throws Exception {
            thread.interrupt();
            thread.join();
        }
    }
}
