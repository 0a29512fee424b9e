package dev.cairn.daemon;

import dev.cairn.metrics.Metrics;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.PooledDatabase;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.trigger.TriggerException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts the runs of schedules at their times, and resumes unfinished ones. One thread, the caller of {@link #run},
 * decides everything; others only wake it. {@link #stop} may be called from any thread.
 */
public final class Daemon {
    /** If no failure occurs for this long, the database works again: Quartz retries each second. */
    private static final Duration QUIET = Duration.ofSeconds(3);
    /** Free bytes on the disk. With less, a write that succeeds now says nothing about the next tick. */
    private static final long ROOM = 1 << 20;

    private final DaemonSettings settings;
    private final Runners runners;
    private final Clock clock;
    private final Consumer<String> tell;
    private final Metrics metrics;
    private final DutyLoop loop = new DutyLoop();
    private final AtomicReference<@Nullable StoreException> failure = new AtomicReference<>();
    private volatile HttpFront.@Nullable Open http;
    /** A time of {@link System#nanoTime}. */
    private volatile long lastFailure = System.nanoTime() - QUIET.toNanos();

    /**
     * @param metrics counts events
     * @param tell writes a line to the daemon's log
     */
    public Daemon(DaemonSettings settings, Runners runners, Metrics metrics, Clock clock, Consumer<String> tell) {
        this.settings = settings;
        this.runners = runners;
        this.metrics = metrics;
        this.clock = clock;
        this.tell = tell;
    }

    /** Requests a checkpoint and stop of all runs. A second call makes the daemon detach from all runs at once. */
    public void stop() {
        loop.stop();
        HttpFront.Open open = http;
        if (open != null) {
            open.stopRuns();
        }
    }

    /**
     * Works until it is stopped.
     *
     * @throws DaemonException when it cannot start
     */
    public void run() throws IOException, DaemonException, InterruptedException {
        Instant started = clock.instant();
        try (DaemonLock lock = DaemonLock.take(settings.folder());
                PooledDatabase pool =
                        PooledDatabase.of(Database.open(settings.folder(), settings.store()), this::databaseFailed);
                Served served = serve(pool.database())) {
            settings.folder().changes().prepare();
            DaemonLock.About about =
                    DaemonLock.ofThisProcess(started, pool.database().where(), served.address());
            String id = about.host() + "-" + about.process().pid() + "-"
                    + about.process().startTime();
            DaemonRegistry registry = new DaemonRegistry(pool.database(), id);
            Instant since = registry.enter(started);
            try (DaemonDuties duties = new DaemonDuties(
                    settings,
                    pool.database(),
                    id,
                    registry,
                    since,
                    runners,
                    this::listener,
                    metrics,
                    clock,
                    tell,
                    loop::wake)) {
                lock.tell(about);
                tell.accept("at work; the schedules are in "
                        + pool.database().where()
                        + served.address()
                                .map(address -> "; metrics at " + address + "/metrics")
                                .orElse(""));
                Trouble trouble = new Trouble(lock, duties);
                loop.run(duties.inOrder(), trouble);
                try {
                    duties.stopRuns(loop);
                } catch (StoreException e) {
                    // no data is lost: the next start, or another daemon, reads the results from the runs themselves
                    trouble.begun(String.valueOf(e.getMessage()));
                }
            }
            tell.accept("stopped");
        } catch (TriggerException e) {
            throw new DaemonException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Also for failures in Quartz, which retries by itself and reports nothing. */
    private void databaseFailed(StoreException e) {
        lastFailure = System.nanoTime();
        failure.set(e);
        loop.wake();
    }

    /**
     * The problem that prevents the daemon from working. It is reported once, and {@code cairn daemon status} shows it.
     */
    private final class Trouble implements DutyLoop.Watcher {
        private final DaemonLock lock;
        private final DaemonDuties duties;
        private boolean known;
        private boolean caughtUp;

        Trouble(DaemonLock lock, DaemonDuties duties) {
            this.lock = lock;
            this.duties = duties;
        }

        @Override
        public void check() throws IOException {
            lock.check();
            StoreException failed = failure.getAndSet(null);
            caughtUp &= failed == null;
            if (known) {
                duties.probe();
            } else if (failed != null) {
                throw failed;
            }
        }

        /** When the database fails, Quartz reports that in its own words. The database's own report is enough. */
        @Override
        public String nameOf(Exception e) {
            StoreException behind = failure.get();
            return String.valueOf((behind == null ? e : behind).getMessage());
        }

        @Override
        public void begun(String what) {
            known = true;
            caughtUp = false;
            tell(what, what);
        }

        /** Whether the trouble has passed. On a full disk, a heartbeat may still fit where Quartz's writes do not. */
        @Override
        public boolean passed() {
            if (!caughtUp) {
                caughtUp = true;
                duties.catchUp();
            }
            boolean quiet = System.nanoTime() - lastFailure >= QUIET.toNanos();
            if (!quiet || settings.folder().path().toFile().getUsableSpace() < ROOM) {
                return false;
            }
            known = false;
            tell("", "the trouble has passed");
            return true;
        }

        private void tell(String state, String text) {
            try {
                lock.inTrouble(state);
            } catch (IOException e) {
                tell.accept("cannot write the state for 'cairn daemon status': " + e.getMessage());
            }
            tell.accept(text);
        }
    }

    /** The HTTP service, if there is one. */
    private record Served(Optional<HttpFront.Open> port) implements AutoCloseable {
        Optional<String> address() {
            return port.map(HttpFront.Open::address);
        }

        @Override
        public void close() {
            port.ifPresent(HttpFront.Open::close);
        }
    }

    private Served serve(Database database) throws IOException, DaemonException {
        if (settings.http().isEmpty()) {
            return new Served(Optional.empty());
        }
        HttpFront.Open open = settings.http()
                .get()
                .open(new HttpFront.Daemon(database, () -> metricsOf(database), runners, metrics::happened, tell));
        http = open;
        return new Served(Optional.of(open));
    }

    /** Counts the rows of the database on each request. */
    private String metricsOf(Database database) {
        try {
            database.read(Tables::countByState)
                    .forEach(count -> metrics.ticks(count.state().wire(), count.count()));
            metrics.schedules(database.read(Tables::countSchedules));
        } catch (StoreException e) {
            // the daemon itself reports the failure; the former counts stay
        }
        return metrics.text();
    }

    private RunListener listener(Tick tick, ScheduledWorkflow workflow) {
        return event -> {
            metrics.happened(event);
            if (event instanceof RunEvent.AttemptStarted started
                    && started.resumedFrom().isPresent()) {
                measureSaved(tick, workflow, started);
            }
        };
    }

    private void measureSaved(Tick tick, ScheduledWorkflow workflow, RunEvent.AttemptStarted started) {
        try {
            RunFolder run = new RunStore(CairnHome.at(workflow.home())).find(tick.key());
            StepManifest.read(run.step(started.step()))
                    .ifPresent(step -> metrics.saved(SavedTime.of(step, started.resumedFrom())));
        } catch (IOException e) {
            tell.accept(tick.key() + ": what was saved could not be measured: " + e.getMessage());
        }
    }
}
