package dev.cairn.daemon;

import dev.cairn.metrics.Metrics;
import dev.cairn.run.event.RunListener;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.ChangeSignal;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.Registrar;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.trigger.ScheduleTriggers;
import dev.cairn.trigger.TriggerException;
import dev.cairn.workflow.WorkflowText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The duties of a daemon. A fired trigger, a command's signal, a changed file and an event of a run wake it; it polls
 * only for changes that nothing signals. Confined to the daemon's thread.
 */
final class DaemonDuties implements AutoCloseable {
    /** A signal may be lost, and waits make no progress while the machine sleeps. */
    private static final Duration UNSIGNALLED = Duration.ofMinutes(1);

    private static final Duration UNWATCHED = Duration.ofSeconds(5);
    /** A workflow file that has not changed for this long counts as completely written. */
    private static final Duration SETTLED = Duration.ofSeconds(1);
    /** How often to check whether another daemon has decided about a run of this one. */
    private static final Duration DECIDED_ELSEWHERE = Duration.ofSeconds(5);

    private static final Duration NOTIFY_AGAIN = Duration.ofSeconds(15);
    private static final Duration CLEAN = Duration.ofHours(1);

    private final Database database;
    private final DaemonRegistry registry;
    private final Instant since;
    private final Metrics metrics;
    private final Clock clock;
    private final Consumer<String> tell;
    private final ChangeSignal signal;

    private final TickPolicy policy;
    private final RunDispatcher dispatcher;
    private final WorkflowWatch files;
    private final NotificationRounds messenger;
    private final Housekeeper housekeeper;
    private final ScheduleTriggers triggers;
    private final FirstChanges watch;
    private final FiredSchedules fired = new FiredSchedules();
    private final List<RunDispatcher.Ended> ended = new ArrayList<>();

    private final Duty heartbeat;
    private final Duty changes;
    private final Duty workflowFiles;
    private final Duty ticks;
    private final Duty notifications;
    private final Duty cleaning;

    private List<ScheduledWorkflow> workflows = List.of();
    private long known = -1;

    /**
     * @param id its id among the daemons that share the database
     * @param since since when a daemon has been running without a gap
     * @param listeners receive the events of the run of a tick
     * @param wake wakes the daemon's thread
     */
    DaemonDuties(
            DaemonSettings settings,
            Database database,
            String id,
            DaemonRegistry registry,
            Instant since,
            Runners runners,
            BiFunction<Tick, ScheduledWorkflow, RunListener> listeners,
            Metrics metrics,
            Clock clock,
            Consumer<String> tell,
            Runnable wake)
            throws TriggerException {
        this.database = database;
        this.registry = registry;
        this.since = since;
        this.metrics = metrics;
        this.clock = clock;
        this.tell = tell;
        this.signal = settings.folder().changes();
        this.heartbeat = new Duty(this::beat, wake);
        this.changes = new Duty(this::takeUpChanges, wake);
        this.workflowFiles = new Duty(this::lookAtFiles, wake);
        this.ticks = new Duty(this::decide, wake);
        this.notifications = new Duty(this::retryNotifications, wake);
        this.cleaning = new Duty(this::clean, wake);
        this.policy = new TickPolicy(database, id, since, clock);
        this.dispatcher = new RunDispatcher(runners, listeners, () -> ticks.request(Duration.ZERO));
        this.files = new WorkflowWatch(database, new Registrar(ZoneId.systemDefault()), clock, tell);
        this.messenger = new NotificationRounds(runners, metrics, tell);
        this.housekeeper = new Housekeeper(settings.keep(), clock, tell);
        this.watch = new FirstChanges(folder -> (folder.equals(signal.folder()) ? changes : workflowFiles)
                .request(folder.equals(signal.folder()) ? Duration.ZERO : SETTLED));
        this.triggers = ScheduleTriggers.open(
                database.source(), database.isShared() ? Optional.of(id) : Optional.empty(), this::fired);
        fired.addAll(); // the ledger shows which times passed while no daemon ran
    }

    /** Called in Quartz's thread. */
    private void fired(String schedule, Instant time) {
        fired.add(schedule, time);
        ticks.request(Duration.ZERO);
    }

    /** The duties in the order in which due ones are performed. */
    List<Duty> inOrder() {
        return List.of(heartbeat, changes, workflowFiles, ticks, notifications, cleaning);
    }

    /** Writes while there is trouble, because only a successful write shows that it has passed. */
    void probe() {
        heartbeat.plan(Duration.ZERO);
    }

    /** Checks again everything that Quartz may have lost: fired times, and triggers that it gave up. */
    void catchUp() {
        known = -1;
        changes.request(Duration.ZERO);
        fired.addAll();
        ticks.request(Duration.ZERO);
    }

    private Duration beat() throws StoreException {
        DaemonRegistry.Beat found = registry.beat(since);
        found.dead().forEach(dead -> tell.accept("daemon " + dead + " is dead; its runs are ours now"));
        if (found.tookOver() || !found.dead().isEmpty()) {
            fired.addAll(); // fired times that were not decided
            ticks.request(Duration.ZERO);
        }
        if (!database.isShared()) {
            return Duty.ON_REQUEST; // the lock of the folder shows that this daemon lives
        }
        changes.request(Duration.ZERO);
        return DaemonRegistry.BEAT;
    }

    private Duration takeUpChanges() throws IOException, TriggerException {
        boolean signalled = database.isShared() || watch.arm(signal.folder());
        long number = database.read(Tables::changes);
        if (number != known) {
            workflows = database.read(Tables::workflows);
            Instant now = clock.instant();
            fired.add(triggers.follow(database.read(Tables::schedules), now), now);
            triggers.start();
            known = number;
            workflowFiles.request(Duration.ZERO);
            ticks.request(Duration.ZERO);
        }
        return signalled ? UNSIGNALLED : UNWATCHED;
    }

    private Duration lookAtFiles() throws StoreException {
        boolean watched = true;
        Set<Path> folders = workflows.stream()
                .flatMap(workflow -> WorkflowText.files(workflow.content(), workflow.file()).stream())
                .map(Path::getParent)
                .collect(Collectors.toSet());
        for (Path folder : folders) {
            watched &= watch.arm(folder);
        }
        WorkflowWatch.Look found = files.look(workflows);
        if (found.changed()) {
            changes.request(Duration.ZERO);
        }
        return found.unsettled() ? SETTLED : watched ? UNSIGNALLED : UNWATCHED;
    }

    private Duration decide() throws StoreException {
        ended.addAll(dispatcher.takeEnded());
        FiredSchedules.Fired due = fired.take();
        TickPolicy.Decision decision;
        try {
            decision = policy.decide(ended, due, dispatcher::isInDoubt);
        } catch (StoreException e) {
            fired.giveBack(due);
            throw e;
        }
        fired.giveBack(new FiredSchedules.Fired(decision.undecided(), false));
        if (!ended.isEmpty()) {
            notifications.request(NOTIFY_AGAIN);
            ended.clear();
        }
        decision.changed().forEach(this::say);
        decision.late().forEach(metrics::late);
        decision.ours().forEach(dispatcher::bringAbout);
        metrics.active(dispatcher.size());
        return decision.more() ? Duration.ZERO : untilNextDecision(decision.nextDue());
    }

    private Duration untilNextDecision(Optional<Instant> nextDue) {
        Duration due =
                nextDue.map(time -> Duration.between(clock.instant(), time)).orElse(Duty.ON_REQUEST);
        Duration waits = nextDue.isPresent() ? shorter(due, UNSIGNALLED) : due;
        Duration elsewhere = database.isShared() ? DECIDED_ELSEWHERE : Duty.ON_REQUEST;
        return shorter(shorter(waits, elsewhere), dispatcher.untilNextLook());
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private Duration retryNotifications() {
        messenger.begin(homes());
        return messenger.arePending() ? NOTIFY_AGAIN : UNSIGNALLED;
    }

    private Duration clean() {
        housekeeper.begin(homes());
        return CLEAN;
    }

    private List<Path> homes() {
        return workflows.stream().map(ScheduledWorkflow::home).toList();
    }

    /** Checkpoints and stops all runs. After a second stop request, leaves them to their supervisors. */
    void stopRuns(DutyLoop loop) throws StoreException, InterruptedException {
        tell.accept("stopping" + (dispatcher.isEmpty() ? "" : ": checkpointing " + dispatcher.size() + " runs"));
        while (!dispatcher.isEmpty()) {
            if (loop.stops() > 1) {
                dispatcher.letGo();
            } else {
                dispatcher.stopAll();
            }
            loop.sleep(Duration.ofMillis(250));
            ended.addAll(dispatcher.takeEnded());
        }
        policy.end(ended).forEach(this::say);
        registry.leave();
    }

    private void say(Tick tick) {
        tell.accept(tick.key() + " " + tick.state().wire()
                + (tick.runId().isEmpty() ? "" : " (" + tick.runId() + ")")
                + (tick.detail().isEmpty() ? "" : ": " + tick.detail()));
    }

    @Override
    public void close() throws IOException, TriggerException {
        try (watch) {
            triggers.close();
        }
    }
}
