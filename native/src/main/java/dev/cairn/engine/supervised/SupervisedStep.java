package dev.cairn.engine.supervised;

import com.sun.jna.ptr.PointerByReference;
import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.ProcessIdentity;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.engine.TerminalChannel;
import dev.cairn.files.FileChanges;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A step that is reached through its supervisor's control socket. Thread-safe: each request has a connection of its
 * own.
 */
final class SupervisedStep implements StepProcess {
    /** The time limit for an answer. The supervisor answers at once, except while it copies the paused step. */
    private static final int ANSWER_WITHIN_MS = 60_000;
    /**
     * The time limit for queries of the state. A supervisor that is restoring, or waiting for space on a disk, answers
     * later.
     */
    private static final int LOOK_WITHIN_MS = 2_000;

    private static final int FOR_EVER = -1;

    /** How long an interrupted thread may stay in a native wait. */
    private static final int WAIT_SLICE_MS = 100;
    /** How long it takes at most to notice that a supervisor was killed. */
    private static final int WATCHED_SLICE_MS = 2_000;
    /** A step that ends sooner is not worth a watch of its folder. */
    private static final int UNWATCHED_MS = 1_000;

    private static final JsonMapper JSON = new JsonMapper();

    private final Path attemptDir;
    private final SharedHandle handle;
    private final ProcessIdentity supervisor;
    private final FileChanges news;
    private final FileChanges ends;
    private final Changes changes;

    /** @param handle a {@code cairn_step}; closed with this */
    SupervisedStep(Path attemptDir, SharedHandle handle) {
        this.attemptDir = attemptDir;
        this.handle = handle;
        this.supervisor = handle.use(
                step -> new ProcessIdentity(LibCairn.cairn_step_pid(step), LibCairn.cairn_step_start_time(step)));
        this.news = AttemptFiles.changes(attemptDir);
        this.ends = new FileChanges(attemptDir);
        this.changes = new Changes(attemptDir);
    }

    @Override
    public ProcessIdentity supervisor() {
        return supervisor;
    }

    @Override
    public boolean isAlive() throws EngineException {
        return !hasEnded(0);
    }

    @Override
    public StepStatus status() throws EngineException {
        return status(ANSWER_WITHIN_MS);
    }

    /** The same, without waiting for a busy supervisor. */
    StepStatus glance() throws EngineException {
        return status(LOOK_WITHIN_MS);
    }

    private StepStatus status(int withinMs) throws EngineException {
        JsonNode status = ask(request("status"), withinMs);
        JsonNode progress = status.required("checkpoint");
        JsonNode next = status.required("next_checkpoint_ms");
        return new StepStatus(
                StepStatus.State.valueOf(status.required("state").stringValue().toUpperCase(Locale.ROOT)),
                Duration.ofMillis(status.required("running_ms").longValue()),
                optionalLong(status.get("last_image")),
                next.isNull() ? Optional.empty() : Optional.of(Duration.ofMillis(next.longValue())),
                status.required("processes").intValue(),
                status.required("rss_bytes").longValue(),
                status.path("raw_terminal").asBoolean(false),
                status.path("frozen_by_lease").asBoolean(false)
                        ? Optional.of(
                                Duration.ofMillis(status.path("lease_silent_ms").asLong(0)))
                        : Optional.empty(),
                optionalLong(progress.get("done_bytes")),
                optionalLong(progress.get("total_bytes")));
    }

    @Override
    public ImageInfo checkpoint(CheckpointRequest request) throws EngineException {
        ObjectNode line = request("checkpoint");
        line.put("reason", request.reason());
        line.put("stop", request.stopWith().isPresent());
        request.stopWith().ifPresent(cause -> line.put("cause", cause.wire()));
        line.put("force", request.stopAnyway());
        return AttemptFiles.image(ask(line, FOR_EVER).required("image"));
    }

    @Override
    public void signal(int signo) throws EngineException {
        ask(request("signal").put("signo", signo), ANSWER_WITHIN_MS);
    }

    @Override
    public void end(EndCause cause, Duration grace) throws EngineException {
        ask(request("end").put("cause", cause.wire()).put("grace_ms", grace.toMillis()), ANSWER_WITHIN_MS);
    }

    @Override
    public Optional<StepExit> exit() throws EngineException {
        return AttemptFiles.exit(attemptDir);
    }

    @Override
    public Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (true) {
            Optional<StepExit> exit = awaitNews(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            if (exit.isPresent() || System.nanoTime() >= deadline || !isAlive()) {
                return exit.isPresent() ? exit : exit();
            }
        }
    }

    @Override
    public Optional<StepExit> awaitNews(Duration atMost) throws EngineException, InterruptedException {
        waitForNews((atMost.toNanos() + 999_999) / 1_000_000);
        if (Thread.interrupted()) {
            throw new InterruptedException("while waiting for the step of " + attemptDir);
        }
        // Reads in this order, because the supervisor records the step's end before its own.
        return hasEnded(0) || ends.areLikely() ? exit() : Optional.empty();
    }

    private void waitForNews(long atMostMillis) throws EngineException, InterruptedException {
        if (changes.isOn()) {
            changes.await(Math.min(atMostMillis, WATCHED_SLICE_MS));
        } else {
            hasEnded((int) Math.min(atMostMillis, WAIT_SLICE_MS));
            changes.turnOnAfter(UNWATCHED_MS);
        }
    }

    @Override
    public boolean mayHaveNews() {
        return news.areLikely();
    }

    private boolean hasEnded(int waitMs) throws EngineException {
        // called several times a second while the step runs, and a JNA structure costs a
        // millisecond
        int result = handle.use(step -> LibCairn.cairn_step_wait(step, waitMs, null));
        if (result >= 0) {
            return result == 1;
        }
        LibCairn.CairnError error = new LibCairn.CairnError();
        return handle.use(step -> LibCairn.check(LibCairn.cairn_step_wait(step, waitMs, error), error)) == 1;
    }

    @Override
    public TerminalChannel attachTerminal() throws EngineException {
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference terminal = new PointerByReference();
        handle.use(step -> LibCairn.check(LibCairn.cairn_terminal_open(step, terminal, error), error));
        return new SupervisedTerminal(
                this::resizeTerminal, new SharedHandle(terminal.getValue(), LibCairn::cairn_terminal_free));
    }

    private void resizeTerminal(int rows, int columns) throws EngineException {
        ask(request("resize").put("rows", rows).put("cols", columns), ANSWER_WITHIN_MS);
    }

    @Override
    public void close() {
        changes.close();
        handle.close();
    }

    private static ObjectNode request(String operation) {
        return JsonNodeFactory.instance.objectNode().put("op", operation);
    }

    private JsonNode ask(ObjectNode request, int timeoutMs) throws EngineException {
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference answer = new PointerByReference();
        String line = JSON.writeValueAsString(request);
        handle.use(step -> LibCairn.check(LibCairn.cairn_step_request(step, line, timeoutMs, answer, error), error));
        try {
            return JSON.readTree(LibCairn.take(answer));
        } catch (JacksonException e) {
            throw new EngineException(0, "the supervisor's answer to " + line + ": " + e.getMessage());
        }
    }

    private static OptionalLong optionalLong(@Nullable JsonNode node) {
        return node == null || node.isNull() ? OptionalLong.empty() : OptionalLong.of(node.longValue());
    }
}
