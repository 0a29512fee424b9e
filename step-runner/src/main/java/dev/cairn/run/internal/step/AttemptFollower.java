package dev.cairn.run.internal.step;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.Lease;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.StepElsewhereException;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** Follows an attempt to its end. On the way, copies its supervisor's journal into the manifest. */
final class AttemptFollower {
    /** How long it takes at most to notice that a supervisor was killed. */
    private static final Duration SLICE = Duration.ofSeconds(2);

    private static final int RENEWALS_AWAITED = 3;

    /** A time of zero would mean that the step had not started. */
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private final StepManifest manifest;
    private final StepServices services;
    private final CompletableFuture<Optional<Started>> started;
    private final RecordedImages recorded;

    /**
     * A running step.
     *
     * @param takesImages whether the engine that started it takes images
     */
    record Started(StepProcess process, boolean takesImages) {}

    /**
     * @param started receives the process as soon as it runs
     * @param recorded receives the images that the manifest knows
     */
    AttemptFollower(
            StepManifest manifest,
            StepServices services,
            CompletableFuture<Optional<Started>> started,
            RecordedImages recorded) {
        this.manifest = manifest;
        this.services = services;
        this.started = started;
        this.recorded = recorded;
    }

    StepExit follow(AttemptStart.Begun begun) throws IOException, EngineException, InterruptedException {
        if (begun instanceof AttemptStart.Begun.Running running) {
            return follow(running.attempt(), running.process());
        }
        AttemptStart.Begun.Failed failed = (AttemptStart.Begun.Failed) begun;
        new ImageJournalReader(manifest, failed.attempt(), services).sync();
        return failed.exit();
    }

    /** Finds the step of an attempt that an earlier runner started, running or ended. */
    StepExit takeUp(AttemptRecord attempt) throws IOException, EngineException, InterruptedException {
        Checkpointer engine = services.engine(attempt.engine());
        Path folder = manifest.folder().attempt(attempt.number());
        Optional<StepProcess> process = attach(engine, attempt);
        if (process.isPresent()) {
            services.listener()
                    .on(new RunEvent.AttemptAttached(services.clock().instant(), manifest.stepId(), attempt.number()));
            return follow(attempt, process.get());
        }
        // images first: some may be missing in the manifest
        ImageJournalReader journal = new ImageJournalReader(manifest, attempt, services);
        journal.adopt();
        Optional<StepExit> exit = engine.exitOf(folder);
        if (exit.isPresent()) {
            return exit.get();
        }
        if (mayRunElsewhere(attempt)) {
            watchLease(engine, attempt);
        }
        return vanished(attempt, journal);
    }

    private Optional<StepProcess> attach(Checkpointer engine, AttemptRecord attempt)
            throws StepElsewhereException, EngineException {
        try {
            return engine.attach(manifest.folder().attempt(attempt.number()));
        } catch (EngineException e) {
            if (e.code() == EngineException.HELD) {
                throw new StepElsewhereException(
                        manifest.stepId(),
                        "attempt " + attempt.number() + " runs on "
                                + attempt.host().name() + ": " + e.getMessage());
            }
            throw e;
        }
    }

    private StepExit follow(AttemptRecord attempt, StepProcess process)
            throws IOException, EngineException, InterruptedException {
        ImageJournalReader journal = new ImageJournalReader(manifest, attempt, services);
        try (process) {
            boolean takesImages = services.engine(attempt.engine()).takesImages();
            started.complete(Optional.of(new Started(process, takesImages)));
            while (true) {
                Optional<StepExit> exit = process.awaitNews(SLICE);
                boolean alive = exit.isEmpty() && process.isAlive();
                if (exit.isPresent()) {
                    journal.take();
                    return exit.get();
                }
                if (process.mayHaveNews()) {
                    journal.sync();
                    recorded.saved(manifest);
                }
                if (!alive) {
                    journal.sync();
                    Path folder = manifest.folder().attempt(attempt.number());
                    Optional<StepExit> last = services.engine(attempt.engine()).exitOf(folder);
                    return last.isPresent() ? last.get() : vanished(attempt, journal);
                }
            }
        }
    }

    /**
     * Whether the step may still run. Under one kernel, the next supervisor waits for this one's lock on the images. A
     * host that has rebooted runs no process of the former boot. For any other host, only the lease can show that the
     * step still runs. A step in a batch job ended with its runner, which is dead because this process owns the run
     * now.
     */
    private boolean mayRunElsewhere(AttemptRecord attempt) {
        boolean sameKernel = attempt.host().bootId().equals(services.host().bootId());
        boolean rebooted = attempt.host().name().equals(services.host().name());
        return !sameKernel && !rebooted && attempt.job().isEmpty() && !services.assumeLost();
    }

    /**
     * The supervisor of a running step renews its lease, so a renewal shows that the step runs. The next supervisor
     * watches the lease for longer before it takes it.
     */
    private void watchLease(Checkpointer engine, AttemptRecord attempt)
            throws StepElsewhereException, EngineException, InterruptedException {
        Path images = manifest.folder().checkpoints();
        Optional<Lease> seen = engine.lease(images);
        if (seen.isEmpty()) {
            throw new StepElsewhereException(manifest.stepId(), attempt);
        }
        Duration renew = services.lease().renew();
        long since = System.nanoTime();
        while (System.nanoTime() - since < renew.toNanos() * RENEWALS_AWAITED) {
            Thread.sleep(renew.toMillis() / 10);
            if (!engine.lease(images).equals(seen)) {
                throw new StepElsewhereException(
                        manifest.stepId(),
                        seen.get().describe() + " supervises attempt " + attempt.number()
                                + " and renews its lease. Resume it on that host");
            }
        }
    }

    private StepExit vanished(AttemptRecord attempt, ImageJournalReader journal) throws IOException, EngineException {
        journal.adopt();
        return new StepExit(
                EndCause.LOST,
                OptionalInt.empty(),
                OptionalInt.empty(),
                services.clock().instant(),
                provenRunningTime(attempt),
                "the supervisor exited unexpectedly (killed, or the host went down)",
                OptionalLong.empty());
    }

    /** Counts the running time up to its last image, because the rest is unknown. */
    private Duration provenRunningTime(AttemptRecord attempt) {
        Instant last = manifest.images().stream()
                .filter(image -> image.attempt() == attempt.number())
                .map(ImageRecord::at)
                .max(Comparator.naturalOrder())
                .orElse(attempt.startedAt());
        Duration proven = Duration.between(attempt.startedAt(), last);
        return proven.compareTo(SHORTEST) < 0 ? SHORTEST : proven;
    }
}
