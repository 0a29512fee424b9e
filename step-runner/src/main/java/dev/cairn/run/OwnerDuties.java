package dev.cairn.run;

import dev.cairn.files.FolderWatch;
import dev.cairn.files.WriteFailure;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.failure.OwnershipLostException;
import dev.cairn.run.internal.execution.WorkflowExecutor;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.request.Requests;
import dev.cairn.run.manifest.Publisher;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The duties of a run's owner besides execution: heartbeats, and requests from other processes. One thread of its own. */
final class OwnerDuties implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerDuties.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    /** For requests from other hosts, which the kernel does not report. */
    private static final Duration LOOK_WHEN_WATCHED = Duration.ofSeconds(1);

    /** A run that ends sooner is not worth a watch. */
    private static final int UNWATCHED_LOOKS = 4;

    private static final Duration LAST_ANSWERS = Duration.ofSeconds(10);

    private final Ownership ownership;
    private final Publisher publisher;
    private final WorkflowExecutor executor;
    private final Requests requests;
    private final RunFolder run;
    private int looks;
    private volatile Optional<FolderWatch> watch = Optional.empty();
    private final Map<String, CompletableFuture<CommandResult>> open = new HashMap<>();
    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1, work -> {
        Thread daemon = new Thread(work, "cairn-owner");
        daemon.setDaemon(true);
        return daemon;
    });

    OwnerDuties(
            RunFolder run, Ownership ownership, Publisher publisher, WorkflowExecutor executor, RunnerContext context) {
        this.ownership = ownership;
        this.publisher = publisher;
        this.executor = executor;
        this.requests = new Requests(run, context.clock());
        this.run = run;
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    void begin() {
        thread.scheduleWithFixedDelay(this::beat, 0, Owners.BEAT.toMillis(), TimeUnit.MILLISECONDS);
        thread.execute(this::lookOn);
    }

    /** Writes the heartbeat. It notices a full disk first, and is the last to be written. */
    private void beat() {
        try {
            Optional<WriteFailure> shown = publisher.failure();
            if (!publisher.tries(ownership.view(), () -> ownership.beat(shown))) {
                ownership.beatInPlace(publisher.failure());
            } else if (!publisher.failure().equals(shown)) {
                ownership.beat(publisher.failure());
            }
        } catch (OwnershipLostException e) {
            executor.breakOff(e);
        } catch (IOException e) {
            LOG.warn(
                    "the heartbeat could not be written; other hosts may take this runner for dead: {}",
                    e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            executor.breakOff(e); // otherwise the thread pool would stop the heartbeat silently
        }
    }

    /** Until it is closed. */
    private void lookOn() {
        if (watch.isEmpty() && ++looks > UNWATCHED_LOOKS) {
            watch = FolderWatch.of(run.requests(), this::answerSoon);
        }
        look();
        boolean seldom = watch.isPresent() && publisher.failure().isEmpty();
        Duration next = seldom ? LOOK_WHEN_WATCHED : LOOK_EVERY;
        try {
            thread.schedule(this::lookOn, next.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            // close() writes the last answers
        }
    }

    private void look() {
        if (publisher.failure().isPresent()) {
            beat(); // so that the end of a full disk is noticed soon
        }
        try {
            ownership.stopping(executor.isStopping());
            for (Requests.Pending pending : requests.pending()) {
                if (!open.containsKey(pending.id())) {
                    takeUp(pending);
                }
            }
            for (Map.Entry<String, CompletableFuture<CommandResult>> asked : List.copyOf(open.entrySet())) {
                if (asked.getValue().isDone()) {
                    requests.answer(asked.getKey(), asked.getValue().join());
                    open.remove(asked.getKey());
                }
            }
        } catch (OwnershipLostException e) {
            executor.breakOff(e);
        } catch (IOException e) {
            LOG.warn("requests could not be read or answered: {}", e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            executor.breakOff(e);
        }
    }

    private void takeUp(Requests.Pending pending) {
        CompletableFuture<CommandResult> answer = executor.ask(pending.command());
        open.put(pending.id(), answer);
        answer.whenComplete((done, failed) -> answerSoon());
    }

    private void answerSoon() {
        try {
            thread.execute(this::look);
        } catch (RejectedExecutionException closing) {
            // close() writes the last answers
        }
    }

    /** Writes the last answers. A command that came too late is answered with that. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (thread.awaitTermination(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)) {
                answerTheRest();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("requests could not be read or answered: {}", e.getMessage());
        } finally {
            watch.ifPresent(FolderWatch::close);
        }
    }

    private void answerTheRest() throws IOException {
        for (Requests.Pending pending : requests.pending()) {
            CompletableFuture<CommandResult> asked = open.get(pending.id());
            requests.answer(pending.id(), asked != null && asked.isDone() ? asked.join() : CommandResult.TOO_LATE);
        }
    }
}
