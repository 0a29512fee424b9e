package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The daemon loses its database while it works: it reports that, continues by itself, and each tick still runs once. */
final class DaemonTroubleTest {

    @TempDir
    Path folder;

    private void addSchedule() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                inputs: {at: {required: true}}
                schedule: {every: 2s, missed: all, timezone: UTC, inputs: {at: "${{ schedule.time }}"}}
                concurrency: {limit: 1, on_overlap: queue}
                defaults: {checkpoint: {engine: none}, rollback: none}
                env: {AT: "${{ inputs.at }}"}
                steps: [{run: echo $AT >> ledger}]
                """);
        Outcome added = cairn("schedule", "add", "flow.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
    }

    @AfterEach
    void stopWhatIsLeft() throws Exception {
        cairn("daemon", "stop");
    }

    @Test
    void goesOnWhenAnotherProgramNoLongerLocksTheDatabase() throws Exception {
        addSchedule();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            await(() -> ledger().size() > 1);
            try (Connection other = database();
                    Statement statement = other.createStatement()) {
                statement.execute("BEGIN IMMEDIATE");
                daemon.awaitErr("another program has held the database locked");
                Outcome status = cairn("daemon", "status");
                assertThat(status.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
                assertThat(status.out()).contains("at work: pid ", "in trouble: ", "held the database locked");
                statement.execute("ROLLBACK");
            }
            goesOn(daemon);
        }
    }

    @Test
    void isStoppedWhileTheDatabaseIsLocked() throws Exception {
        addSchedule();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment());
                Connection other = database();
                Statement statement = other.createStatement()) {
            await(() -> ledger().size() > 1);
            statement.execute("BEGIN IMMEDIATE");
            daemon.signal("TERM");
            Outcome stopped = daemon.await();
            assertThat(stopped.exitCode()).as(stopped.err()).isZero();
            assertThat(stopped.err()).endsWith("stopped\n");
        }
    }

    @Test
    void goesOnWhenItsFolderIsBack() throws Exception {
        addSchedule();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            await(() -> ledger().size() > 1);
            Path away = Files.move(state(), folder.resolve("away"));
            daemon.awaitErr("was moved away");
            Files.move(away, state());
            goesOn(daemon);
        }
    }

    /** A real one, small and full; to mount it takes root. */
    @Test
    void goesOnWhenTheDiskHasRoomAgain() throws Exception {
        assumeTrue(mountSmallDisk(), "a small file system cannot be mounted here");
        try {
            fillAndEmptyTheDisk();
        } finally {
            cairn("daemon", "stop");
            command("umount", state().toString());
        }
    }

    private void fillAndEmptyTheDisk() throws Exception {
        addSchedule();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            await(() -> ledger().size() > 1);
            Path ballast = state().resolve("ballast");
            assertThat(command("cp", "/dev/zero", ballast.toString())).isNotZero();
            daemon.awaitErr("the disk is full");
            Outcome status = cairn("daemon", "status", "--json");
            assertThat(status.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(JsonMapper.shared()
                            .readTree(status.out())
                            .path("trouble")
                            .asString(""))
                    .contains("the disk is full");
            // a change that fits into what the database holds already is carried out, this one cannot be
            Files.writeString(folder.resolve("large.yaml"), """
                    name: large
                    schedule: {every: 1h}
                    steps: [{run: x}]
                    #""" + "x".repeat(4 << 20));
            Outcome added = cairn("schedule", "add", "large.yaml");
            assertThat(added.exitCode()).as(added.err()).isEqualTo(ExitCode.IO);
            assertThat(added.err()).contains("the disk is full; nothing was lost");
            makeRoom(ballast);
            goesOn(daemon);
        }
    }

    /** Little by little, so that one part of the daemon finds the room that another one does not. */
    private static void makeRoom(Path ballast) throws Exception {
        try (FileChannel channel = FileChannel.open(ballast, StandardOpenOption.WRITE)) {
            for (int page = 0; page < 16; page++) {
                channel.truncate(channel.size() - 4096);
                Thread.sleep(200); // each is some rounds of the daemon, which tries four times a second
            }
        }
        Files.delete(ballast);
    }

    private void goesOn(CairnProcess daemon) throws Exception {
        daemon.awaitErr("the trouble has passed");
        assertThat(cairn("daemon", "status").exitCode()).isZero();
        assertThat(daemon.err().split("at work", -1)).as(daemon.err()).hasSize(2);
        eachTickRanOnce();
        assertThat(daemon.err().lines().filter(line -> line.contains("state/cairn") && !line.contains("at work")))
                .as("it is said once")
                .hasSize(1);
    }

    private void eachTickRanOnce() throws Exception {
        assertThat(cairn("schedule", "pause", "w").exitCode()).isZero();
        await(() ->
                ticks().stream().allMatch(tick -> tick.path("state").asString().equals("succeeded")));
        List<String> times = ticks().stream()
                .map(tick -> tick.path("time").asString())
                .sorted(Comparator.comparing(Instant::parse))
                .toList();
        assertThat(Duration.between(Instant.parse(times.get(0)), Instant.parse(times.get(times.size() - 1))))
                .isEqualTo(Duration.ofSeconds(2L * (times.size() - 1)));
        assertThat(ledger()).isEqualTo(times);
    }

    private boolean mountSmallDisk() throws Exception {
        Files.createDirectory(state());
        return command("mount", "-t", "tmpfs", "-o", "size=8m", "none", state().toString()) == 0;
    }

    private static int command(String... words) throws Exception {
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private List<String> ledger() throws IOException {
        Path ledger = folder.resolve("ledger");
        return Files.exists(ledger) ? Files.readAllLines(ledger) : List.of();
    }

    private List<JsonNode> ticks() throws Exception {
        JsonNode shown = JsonMapper.shared()
                .readTree(
                        cairn("schedule", "show", "--json", "-n", "100000", "w").out());
        return StreamSupport.stream(shown.at("/schedules/0/ticks").spliterator(), false)
                .toList();
    }

    private Connection database() throws Exception {
        return DriverManager.getConnection("jdbc:sqlite:" + state().resolve("cairn/scheduler.db"));
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(200))
                .until(condition);
    }

    private Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, environment(), arguments);
    }

    private Path state() {
        return folder.resolve("state");
    }

    private Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", state().toString());
    }
}
