package dev.cairn.trigger;

import dev.cairn.schedule.ScheduleEntry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.matchers.GroupMatcher;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/**
 * The daemon's clock: Quartz with its JDBC job store, one trigger per schedule. Quartz decides when a schedule fires,
 * fires once for missed times, and lets only one of the daemons that share a database fire. A fired time may be lost in
 * a crash, but the ledger shows which times of a schedule are decided. Triggers are derived from the schedules, and are
 * replaced if they disagree. Thread-safe.
 */
public final class ScheduleTriggers implements AutoCloseable {
    private static final String GROUP = "schedules";
    private static final JobKey JOB = new JobKey("tick", GROUP);
    private static final String STORE = "org.quartz.jobStore.";
    /** Stored in one transaction. */
    private static final int AT_ONCE = 500;

    private final Scheduler scheduler;
    private final DataSource database;
    private final JobDetail job =
            JobBuilder.newJob(TickJob.class).withIdentity(JOB).storeDurably().build();

    /** @param instance this process's name among those that share the database; empty for a database of its own */
    public static ScheduleTriggers open(DataSource database, Optional<String> instance, TickJob.Listener ticks)
            throws TriggerException {
        String source = "cairn-" + System.identityHashCode(database);
        DBConnectionManager.getInstance().addConnectionProvider(source, new Provider(database));
        try {
            Scheduler scheduler = new StdSchedulerFactory(settings(source, instance)).getScheduler();
            scheduler.getContext().put(TickJob.LISTENER, ticks);
            return new ScheduleTriggers(scheduler, database);
        } catch (SchedulerException e) {
            throw new TriggerException("the triggers cannot be read", e);
        }
    }

    private static Properties settings(String source, Optional<String> instance) {
        Properties settings = new Properties();
        settings.setProperty("org.quartz.scheduler.instanceName", "cairn");
        settings.setProperty("org.quartz.scheduler.instanceId", instance.orElse("one"));
        settings.setProperty("org.quartz.scheduler.skipUpdateCheck", "true");
        settings.setProperty("org.quartz.scheduler.makeSchedulerThreadDaemon", "true");
        settings.setProperty("org.quartz.scheduler.dbFailureRetryInterval", "1000");
        settings.setProperty(
                "org.quartz.scheduler.batchTriggerAcquisitionMaxCount", Integer.toString(SchedulerThreadPool.BATCH));
        settings.setProperty("org.quartz.threadPool.class", SchedulerThreadPool.class.getName());
        settings.setProperty(STORE + "class", "org.quartz.impl.jdbcjobstore.JobStoreTX");
        settings.setProperty(STORE + "driverDelegateClass", "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate");
        settings.setProperty(
                STORE + "driverDelegateInitString",
                "triggerPersistenceDelegateClasses=" + FireTimePersistence.class.getName());
        settings.setProperty(STORE + "dataSource", source);
        settings.setProperty(STORE + "useProperties", "true");
        settings.setProperty(STORE + "acquireTriggersWithinLock", "true");
        settings.setProperty(STORE + "isClustered", Boolean.toString(instance.isPresent()));
        settings.setProperty(STORE + "clusterCheckinInterval", "2000");
        settings.setProperty(STORE + "dbRetryInterval", "1000");
        return settings;
    }

    private ScheduleTriggers(Scheduler scheduler, DataSource database) {
        this.scheduler = scheduler;
        this.database = database;
    }

    /** Makes the schedules fire from now on; does nothing if they do already. */
    public void start() throws TriggerException {
        try {
            if (!scheduler.isStarted()) {
                scheduler.start();
            }
        } catch (SchedulerException e) {
            throw new TriggerException("the triggers cannot be started", e);
        }
    }

    /**
     * Makes the stored triggers those of the schedules: none for a schedule that is paused or has no more times.
     *
     * @param now a replaced trigger first fires after this time
     * @return the ids of schedules whose triggers were replaced: of these, no time up to now fires
     */
    public Set<String> follow(List<ScheduleEntry> schedules, Instant now) throws TriggerException {
        try {
            removeOtherJobs();
            scheduler.addJob(job, true); // its class may have had another name in an older Cairn
            StoredTriggers stored = StoredTriggers.read(database, GROUP);
            Set<String> left = new HashSet<>(stored.byName().keySet());
            Set<String> changed = new HashSet<>();
            Set<Trigger> batch = new HashSet<>();
            for (ScheduleEntry schedule : schedules) {
                if (schedule.paused() || schedule.next().isEmpty()) {
                    continue;
                }
                left.remove(schedule.id());
                if (!stored.agreesWith(schedule, JOB.getName(), now)) {
                    changed.add(schedule.id());
                    schedule.times().next(now).ifPresent(next -> batch.add(trigger(schedule, now)));
                }
                if (batch.size() == AT_ONCE) {
                    store(batch);
                }
            }
            store(batch);
            if (!left.isEmpty()) {
                scheduler.unscheduleJobs(
                        left.stream().map(name -> new TriggerKey(name, GROUP)).toList());
            }
            return changed;
        } catch (SchedulerException | SQLException e) {
            throw new TriggerException("the triggers cannot be stored", e);
        }
    }

    private void removeOtherJobs() throws SchedulerException {
        Set<JobKey> others = new HashSet<>(scheduler.getJobKeys(GroupMatcher.anyJobGroup()));
        others.remove(JOB);
        for (JobKey other : others) {
            scheduler.deleteJob(other);
        }
    }

    private Trigger trigger(ScheduleEntry schedule, Instant now) {
        return TriggerBuilder.newTrigger()
                .withIdentity(schedule.id(), GROUP)
                .startAt(Date.from(now))
                .withSchedule(FireTimeTrigger.builder(schedule.times()))
                .forJob(job)
                .build();
    }

    private void store(Set<Trigger> batch) throws SchedulerException {
        if (!batch.isEmpty()) {
            scheduler.scheduleJobs(Map.of(job, batch), true);
            batch.clear();
        }
    }

    /** Stops firing, but keeps the stored triggers. Does not wait for a firing that is waiting for the database. */
    @Override
    public void close() throws TriggerException {
        try {
            scheduler.shutdown(false);
        } catch (SchedulerException e) {
            throw new TriggerException("the triggers cannot be stopped", e);
        }
    }

    /** Gives Quartz connections from the daemon's pool. */
    private record Provider(DataSource database) implements ConnectionProvider {
        @Override
        public Connection getConnection() throws SQLException {
            return database.getConnection();
        }

        @Override
        public void shutdown() {
            // the daemon owns the pool
        }

        @Override
        public void initialize() {
            // nothing to do
        }
    }
}
