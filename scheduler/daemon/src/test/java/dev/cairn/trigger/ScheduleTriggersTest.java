package dev.cairn.trigger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StateFolder;
import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Schedule;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real triggers in a real database. */
final class ScheduleTriggersTest {
    private static final Instant NOW = Instant.now();

    @TempDir
    Path folder;

    private final BlockingQueue<String> fired = new LinkedBlockingQueue<>();
    private Database database;

    @BeforeEach
    void makeDatabase() throws Exception {
        database = Database.open(new StateFolder(folder.resolve("state")), Optional.empty());
    }

    @Test
    void aScheduleFiresAtEachOfItsTimes() throws Exception {
        try (ScheduleTriggers triggers = open()) {
            assertThat(triggers.follow(List.of(every("w.1", 1), every("w.2", 3600)), NOW))
                    .containsExactlyInAnyOrder("w.1", "w.2");
            triggers.start();
            Instant first = Instant.parse(await().replace("w.1@", ""));
            assertThat(first.getNano()).isZero();
            assertThat(await()).isEqualTo("w.1@" + first.plusSeconds(1));
        }
    }

    @Test
    void triggersThatAgreeWithTheirSchedulesStayAsTheyAre() throws Exception {
        List<ScheduleEntry> schedules = List.of(every("w.1", 3600), every("w.2", 7200));
        try (ScheduleTriggers triggers = open()) {
            triggers.follow(schedules, NOW);
            assertThat(triggers.follow(schedules, NOW)).isEmpty();
            assertThat(triggers.follow(List.of(every("w.1", 3600), every("w.2", 3600)), NOW))
                    .containsExactly("w.2");
        }
        try (ScheduleTriggers later = open()) {
            assertThat(later.follow(List.of(every("w.1", 3600), every("w.3", 3600)), NOW))
                    .containsExactly("w.3");
            assertThat(triggers()).isEqualTo(2);
            assertThat(later.follow(List.of(every("w.1", 3600).paused(true, NOW)), NOW))
                    .isEmpty();
            assertThat(triggers()).isZero();
        }
    }

    /** Each is a state in which a trigger would not fire any more. */
    @Test
    void triggersThatNoLongerFireAreStoredAnew() throws Exception {
        List<ScheduleEntry> schedules = List.of(every("w.1", 1));
        for (String damage : List.of(
                "UPDATE QRTZ_JOB_DETAILS SET JOB_CLASS_NAME = 'dev.cairn.trigger.NameInAnOlderCairn'",
                "UPDATE QRTZ_TRIGGERS SET TRIGGER_STATE = 'ERROR'",
                "UPDATE QRTZ_TRIGGERS SET TRIGGER_STATE = 'COMPLETE'",
                "UPDATE QRTZ_TRIGGERS SET TRIGGER_STATE = 'ACQUIRED', NEXT_FIRE_TIME = 1000",
                "UPDATE QRTZ_TRIGGERS SET NEXT_FIRE_TIME = "
                        + NOW.plus(Duration.ofDays(400)).toEpochMilli(),
                "DELETE FROM QRTZ_SIMPROP_TRIGGERS; DELETE FROM QRTZ_TRIGGERS",
                "UPDATE QRTZ_JOB_DETAILS SET JOB_NAME = 'another'; UPDATE QRTZ_TRIGGERS SET JOB_NAME = 'another'")) {
            try (ScheduleTriggers triggers = open()) {
                triggers.follow(schedules, Instant.now());
                triggers.start();
                await();
            }
            try (Connection connection = database.source().getConnection();
                    Statement statement = connection.createStatement()) {
                for (String part : damage.split("; ")) {
                    statement.executeUpdate(part);
                }
            }
            fired.clear();
            try (ScheduleTriggers again = open()) {
                again.follow(schedules, Instant.now());
                again.start();
                assertThat(await()).as(damage).startsWith("w.1@");
            }
        }
    }

    /** What passed meanwhile is fired once: the ledger knows the times. */
    @Test
    void timesThatWereMissedFireOnce() throws Exception {
        List<ScheduleEntry> schedules = List.of(every("w.1", 3600));
        try (ScheduleTriggers triggers = open()) {
            triggers.follow(schedules, NOW.minus(Duration.ofDays(2)));
        }
        try (ScheduleTriggers again = open()) {
            again.start();
            Instant time = Instant.parse(await().replace("w.1@", ""));
            assertThat(time).isAfter(NOW.minusSeconds(1));
            again.close();
            assertThat(fired).isEmpty();
        }
    }

    private ScheduleTriggers open() throws TriggerException {
        return ScheduleTriggers.open(
                database.source(), Optional.empty(), (schedule, time) -> fired.add(schedule + "@" + time));
    }

    private String await() throws InterruptedException {
        String next = fired.poll(30, TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        return next;
    }

    private int triggers() throws Exception {
        return StoredTriggers.read(database.source(), "schedules").byName().size();
    }

    private static ScheduleEntry every(String id, int seconds) throws Exception {
        FireTimes times = FireTimes.of(
                new Schedule.Timing.Every(Duration.ofSeconds(seconds)),
                ZoneOffset.UTC,
                Optional.empty(),
                Optional.empty());
        return new ScheduleEntry(
                id, "w", 1, "every " + seconds + "s", times, Schedule.Missed.LAST, Duration.ZERO, false, NOW);
    }
}
