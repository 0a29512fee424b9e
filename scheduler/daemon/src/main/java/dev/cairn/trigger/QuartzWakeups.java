package dev.cairn.trigger;

import dev.cairn.workflow.cron.FireTimes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
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
 * Rings a bell at the times of schedules, from alarms that a database keeps: Quartz with its JDBC job store. A ring may be late, may come
 * twice, and after a crash may be lost; who is rung must know by himself what is due. Thread-safe.
 */
public final class QuartzWakeups implements AutoCloseable {
    private static final String GROUP = "schedules";
    private static final String STORE = "org.quartz.jobStore.";

    private final Scheduler scheduler;
    private final JobDetail job = JobBuilder.newJob(WakeupJob.class)
            .withIdentity("ring", GROUP)
            .storeDurably()
            .build();

    /** Is told that an alarm's time has come; in a thread of the clock. */
    @FunctionalInterface
    public interface Bell {
        void ring(String name);
    }

    /** @param instance this process's name among those that share the database; empty where none does */
    public static QuartzWakeups open(DataSource database, Optional<String> instance, Bell bell) throws WakeupException {
        String source = "cairn-" + System.identityHashCode(database);
        DBConnectionManager.getInstance().addConnectionProvider(source, new Provider(database));
        Properties settings = new Properties();
        settings.setProperty("org.quartz.scheduler.instanceName", "cairn");
        settings.setProperty("org.quartz.scheduler.instanceId", instance.orElse("one"));
        settings.setProperty("org.quartz.scheduler.skipUpdateCheck", "true");
        settings.setProperty("org.quartz.scheduler.makeSchedulerThreadDaemon", "true");
        settings.setProperty("org.quartz.scheduler.dbFailureRetryInterval", "1000");
        settings.setProperty("org.quartz.scheduler.batchTriggerAcquisitionMaxCount", "50");
        settings.setProperty("org.quartz.threadPool.threadCount", "4");
        settings.setProperty("org.quartz.threadPool.makeThreadsDaemons", "true");
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
        try {
            Scheduler scheduler = new StdSchedulerFactory(settings).getScheduler();
            scheduler.getContext().put(WakeupJob.BELL, bell);
            return new QuartzWakeups(scheduler);
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be read", e);
        }
    }

    private QuartzWakeups(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** From here on it rings, also for what has passed since it was last running. */
    public void start() throws WakeupException {
        try {
            scheduler.start();
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be started", e);
        }
    }

    /** The alarms there are. */
    public Set<String> names() throws WakeupException {
        try {
            return scheduler.getTriggerKeys(GroupMatcher.triggerGroupEquals(GROUP)).stream()
                    .map(TriggerKey::getName)
                    .collect(Collectors.toSet());
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be read", e);
        }
    }

    /**
     * Sets alarms, each in place of the one of its name, in one transaction. Those that will not ring any more are left out.
     *
     * @param after the first ring is at the first time after this
     */
    public void set(Map<String, FireTimes> alarms, Instant after) throws WakeupException {
        Set<Trigger> triggers = new HashSet<>();
        alarms.forEach((name, times) -> {
            if (times.next(after).isPresent()) {
                triggers.add(TriggerBuilder.newTrigger()
                        .withIdentity(name, GROUP)
                        .startAt(Date.from(after))
                        .withSchedule(FireTimeTrigger.builder(times))
                        .forJob(job)
                        .build());
            }
        });
        if (triggers.isEmpty()) {
            return;
        }
        try {
            scheduler.scheduleJobs(Map.of(job, triggers), true);
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be set", e);
        }
    }

    public void remove(Set<String> names) throws WakeupException {
        try {
            scheduler.unscheduleJobs(
                    names.stream().map(name -> new TriggerKey(name, GROUP)).toList());
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be removed", e);
        }
    }

    /** Rings no more; the alarms stay. A ring that waits for the database is not waited for. */
    @Override
    public void close() throws WakeupException {
        try {
            scheduler.shutdown(false);
        } catch (SchedulerException e) {
            throw new WakeupException("the alarms cannot be stopped", e);
        }
    }

    /** Connections from somebody else's pool. */
    private record Provider(DataSource database) implements ConnectionProvider {
        @Override
        public Connection getConnection() throws SQLException {
            return database.getConnection();
        }

        @Override
        public void shutdown() {
            // the pool is not ours
        }

        @Override
        public void initialize() {
            // nothing to do
        }
    }
}
