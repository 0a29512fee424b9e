package dev.cairn.daemon;

import dev.cairn.metrics.Metrics;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.retention.KeepRules;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.PooledDatabase;
import dev.cairn.schedule.store.Registrar;
import dev.cairn.schedule.store.StateFolder;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.trigger.QuartzWakeups;
import dev.cairn.trigger.WakeupException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Starts the runs of schedules when their time comes, and goes on with those that were left unfinished. One thread, the caller of {@link #run},
 * decides everything; others only wake it. {@link #stop} may be called from any thread.
 */
public final class Daemon {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration LOOK_AT_FILES = Duration.ofSeconds(1);
    private static final Duration TELL = Duration.ofSeconds(15);
    private static final Duration CLEAN = Duration.ofHours(1);
    /** Rings may be lost, so nothing depends on them alone. */
    private static final Duration SWEEP = Duration.ofSeconds(5);

    private final Settings settings;
    private final Runners runners;
    private final Clock clock;
    private final Consumer<String> tell;
    private final Semaphore wake = new Semaphore(0);
    private final AtomicInteger stops = new AtomicInteger();
    private final Metrics metrics;
    private final List<RunDispatcher.Ended> untold = new ArrayList<>();
    private List<ScheduledWorkflow> workflows = List.of();
    private long changes = -1;
    private String trouble = "";

    /**
     * How a daemon is set up.
     *
     * @param store a PostgreSQL that daemons share; empty for a database of its own in the folder
     * @param http the port on loopback for metrics, 0 for any; empty for none
     * @param keep which ended runs of schedules stay
     */
    public record Settings(StateFolder folder, Optional<String> store, OptionalInt http, KeepRules keep) {}

    /**
     * @param metrics told what happens
     * @param tell a person, in the daemon's log
     */
    public Daemon(Settings settings, Runners runners, Metrics metrics, Clock clock, Consumer<String> tell) {
        this.settings = settings;
        this.runners = runners;
        this.metrics = metrics;
        this.clock = clock;
        this.tell = tell;
    }

    /** Asks it to checkpoint and stop everything; asked again, to let go of everything at once. */
    public void stop() {
        stops.incrementAndGet();
        wake();
    }

    private void wake() {
        wake.release();
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
                        Database.open(settings.folder(), settings.store()).pooled();
                Served served = serve()) {
            DaemonLock.About about =
                    DaemonLock.ofThisProcess(started, pool.database().where(), served.address());
            String id = about.host() + "-" + about.process().pid() + "-"
                    + about.process().startTime();
            Optional<String> instance = pool.database().isShared() ? Optional.of(id) : Optional.empty();
            try (QuartzWakeups alarmClock = QuartzWakeups.open(pool.database().source(), instance, name -> wake())) {
                DaemonRegistry peers = new DaemonRegistry(pool.database(), id);
                Instant since = peers.enter(started);
                lock.tell(about);
                tell.accept("at work; the schedules are in "
                        + pool.database().where()
                        + served.address()
                                .map(address -> "; metrics at " + address + "/metrics")
                                .orElse(""));
                work(pool.database(), id, since, alarmClock, peers, lock);
            }
            tell.accept("stopped");
        } catch (WakeupException e) {
            throw new DaemonException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What listens, if anything does. */
    private record Served(Optional<HttpPort> port) implements AutoCloseable {
        Optional<String> address() {
            return port.map(HttpPort::address);
        }

        @Override
        public void close() {
            port.ifPresent(HttpPort::close);
        }
    }

    private Served serve() throws IOException, DaemonException {
        return settings.http().isEmpty()
                ? new Served(Optional.empty())
                : new Served(Optional.of(HttpPort.open(settings.http().getAsInt(), metrics::text)));
    }

    private void work(
            Database database,
            String id,
            Instant since,
            QuartzWakeups alarmClock,
            DaemonRegistry peers,
            DaemonLock lock)
            throws InterruptedException {
        TickPolicy policy = new TickPolicy(database, id, since, clock);
        RunDispatcher dispatcher = new RunDispatcher(runners, this::listener, this::wake);
        WakeupPlan alarms = new WakeupPlan(alarmClock);
        WorkflowWatch watch = new WorkflowWatch(database, new Registrar(ZoneId.systemDefault()), clock, tell);
        Rhythm files = new Rhythm(LOOK_AT_FILES);
        Rhythm beats = new Rhythm(DaemonRegistry.BEAT);
        Rhythm sweeps = new Rhythm(SWEEP);
        Rhythm cleanings = new Rhythm(CLEAN);
        Rhythm messages = new Rhythm(TELL);
        Rhythm counts = new Rhythm(SWEEP);
        Housekeeper housekeeper = new Housekeeper(settings.keep(), clock, tell);
        NotificationRounds messenger = new NotificationRounds(runners, metrics, tell);
        Optional<Instant> nextDue = Optional.empty();
        boolean ringing = false;
        while (stops.get() == 0) {
            boolean woken = wake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            wake.drainPermits();
            try {
                boolean troubled = !trouble.isEmpty(); // then nothing but a write shows that it has passed
                boolean look = files.isDue();
                if (look || troubled) {
                    lock.check();
                }
                long number = database.read(Tables::changes);
                boolean changed = number != changes;
                if (changed) {
                    workflows = database.read(Tables::workflows);
                    alarms.follow(database, clock.instant());
                    changes = number;
                }
                if (!ringing) {
                    alarmClock.start();
                    ringing = true;
                }
                if (beats.isDue() || troubled) {
                    peers.beat(since)
                            .forEach(dead -> tell.accept("daemon " + dead + " is dead; its runs are ours now"));
                }
                boolean due =
                        nextDue.filter(time -> !time.isAfter(clock.instant())).isPresent();
                if (look && watch.look(workflows)) {
                    wake();
                }
                if (woken || changed || due || troubled || sweeps.isDue()) {
                    untold.addAll(dispatcher.takeEnded());
                    TickPolicy.Decision decision = policy.decide(untold, dispatcher::isInDoubt);
                    untold.clear();
                    decision.changed().forEach(this::say);
                    decision.late().forEach(metrics::late);
                    decision.ours().forEach(dispatcher::bringAbout);
                    nextDue = decision.nextDue();
                }
                if (settings.http().isPresent() && counts.isDue()) {
                    database.read(Tables::countByState)
                            .forEach(count -> metrics.ticks(count.state().wire(), count.count()));
                    metrics.stand(database.read(Tables::schedules).size(), dispatcher.size());
                }
                if (messages.isDue()) {
                    messenger.begin(
                            workflows.stream().map(ScheduledWorkflow::home).toList());
                }
                if (cleanings.isDue()) {
                    housekeeper.begin(
                            workflows.stream().map(ScheduledWorkflow::home).toList());
                }
                inTrouble("", lock);
            } catch (IOException | WakeupException e) {
                inTrouble(String.valueOf(e.getMessage()), lock);
            }
        }
        stopAll(dispatcher, policy, peers, lock);
    }

    private void stopAll(RunDispatcher dispatcher, TickPolicy policy, DaemonRegistry peers, DaemonLock lock)
            throws InterruptedException {
        tell.accept("stopping" + (dispatcher.isEmpty() ? "" : ": checkpointing " + dispatcher.size() + " runs"));
        while (!dispatcher.isEmpty()) {
            if (stops.get() > 1) {
                dispatcher.letGo();
            } else {
                dispatcher.stopAll();
            }
            wake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            untold.addAll(dispatcher.takeEnded());
        }
        try {
            policy.end(untold).forEach(this::say);
            peers.leave();
        } catch (StoreException e) {
            // nothing is lost: the next start, or another daemon, finds out from the runs themselves
            inTrouble(String.valueOf(e.getMessage()), lock);
        }
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

    private void say(Tick tick) {
        tell.accept(tick.key() + " " + tick.state().wire()
                + (tick.runId().isEmpty() ? "" : " (" + tick.runId() + ")")
                + (tick.detail().isEmpty() ? "" : ": " + tick.detail()));
    }

    /** Says it once. */
    private void inTrouble(String what, DaemonLock lock) {
        if (!what.equals(trouble)) {
            trouble = what;
            try {
                lock.inTrouble(what);
            } catch (IOException e) {
                tell.accept("cannot write the state for 'cairn daemon status': " + e.getMessage());
            }
            tell.accept(what.isEmpty() ? "the trouble has passed" : what);
        }
    }

    /** Something that is done again and again. */
    private static final class Rhythm {
        private final Duration every;
        private long last;

        Rhythm(Duration every) {
            this.every = every;
            this.last = System.nanoTime() - every.toNanos();
        }

        boolean isDue() {
            boolean due = System.nanoTime() - last >= every.toNanos();
            last = due ? System.nanoTime() : last;
            return due;
        }
    }
}
