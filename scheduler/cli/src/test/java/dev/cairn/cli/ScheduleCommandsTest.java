package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands that need no daemon. */
final class ScheduleCommandsTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path flow;

    @BeforeEach
    void writeWorkflow() throws Exception {
        flow = folder.resolve("flow.yaml");
        write("0 2 * * *");
    }

    private void write(String cron) throws Exception {
        Files.writeString(flow, """
                name: nightly
                inputs: {date: {required: true}}
                schedule:
                  - {cron: "%s", timezone: UTC, inputs: {date: "${{ schedule.date }}"}}
                  - {every: 6h, inputs: {date: x}}
                concurrency: {limit: 2, on_overlap: skip}
                steps: [{run: 'true'}]
                """.formatted(cron));
    }

    @Test
    void addsListsAndShows() throws Exception {
        assertThat(cairn("list")).isZero();
        assertThat(err()).isEqualTo("no schedules; add a workflow's with: cairn schedule add FILE\n");
        assertThat(cairn("add", flow.toString())).isZero();
        assertThat(out()).matches("(?s)nightly\\.1  \\S+T02:00:00Z\nnightly\\.2  \\S+\n");
        assertThat(err()).isEqualTo("cairn: no daemon runs here; start one with: cairn daemon\n");
        assertThat(cairn("list")).isZero();
        assertThat(out()).contains("nightly.1  0 2 * * *").contains("nightly.2  every 6h");
        JsonNode shown = json("show", "nightly", "--json");
        assertThat(shown.path("limit").asInt()).isEqualTo(2);
        assertThat(shown.path("on_overlap").asString()).isEqualTo("skip");
        assertThat(shown.path("home").asString())
                .isEqualTo(folder.resolve(".cairn").toString());
        assertThat(shown.path("schedules").size()).isEqualTo(2);
        assertThat(cairn("show", "nightly.2")).isZero();
        assertThat(out()).contains("every 6h").doesNotContain("0 2 * * *");
    }

    @Test
    void addedAgainAFileKeepsItsNameAndAnotherOfThatNameGetsANumber() throws Exception {
        cairn("add", flow.toString());
        assertThat(cairn("pause", "nightly.1")).isZero();
        write("0 3 * * *");
        assertThat(cairn("add", flow.toString())).isZero();
        JsonNode list = json("list", "--json").path("schedules");
        assertThat(list.size()).isEqualTo(2);
        assertThat(list.at("/0/timing").asString()).isEqualTo("0 3 * * *");
        assertThat(list.at("/0/paused").asBoolean()).isTrue();
        Path other = Files.createDirectories(folder.resolve("other")).resolve("flow.yaml");
        Files.copy(flow, other);
        cairn("add", other.toString());
        assertThat(out()).startsWith("nightly-2.1  ");
    }

    @Test
    void pausesAndUnpauses() throws Exception {
        cairn("add", flow.toString());
        assertThat(cairn("pause", "nightly")).isZero();
        assertThat(err()).isEqualTo("cairn: nightly.1 is paused\ncairn: nightly.2 is paused\n");
        assertThat(json("list", "--json").at("/schedules/1/paused").asBoolean()).isTrue();
        assertThat(cairn("unpause", "nightly.2")).isZero();
        assertThat(json("list", "--json").at("/schedules/0/paused").asBoolean()).isTrue();
        assertThat(json("list", "--json").at("/schedules/1/paused").asBoolean()).isFalse();
    }

    @Test
    void triggersByHandOnce() throws Exception {
        cairn("add", flow.toString());
        assertThat(cairn("trigger", "nightly.1", "--time", "2026-03-29T02:00", "--input", "date=2020-01-01"))
                .isZero();
        assertThat(out()).isEqualTo("nightly.1@2026-03-29T02:00:00Z+manual\n");
        assertThat(cairn("trigger", "nightly.1", "--time", "2026-03-29T02:00")).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(err()).contains("was triggered already");
        JsonNode tick = json("show", "nightly.1", "--json").at("/schedules/0/ticks/0");
        assertThat(tick.path("state").asString()).isEqualTo("waiting");
        assertThat(tick.path("kind").asString()).isEqualTo("manual");
        wrong(
                ExitCode.USAGE,
                "the workflow has no input \"dat\"; did you mean \"date\"?",
                "trigger",
                "nightly.1",
                "--input",
                "dat=1");
        wrong(ExitCode.USAGE, "nightly has 2 schedules; name one of nightly.1, nightly.2", "trigger", "nightly");
    }

    @Test
    void backfillsEachTimeOnce() throws Exception {
        cairn("add", flow.toString());
        assertThat(cairn("backfill", "nightly.1", "--from", "2026-03-28", "--to", "2026-03-30", "--dry-run"))
                .isZero();
        String keys =
                "nightly.1@2026-03-28T02:00:00Z\nnightly.1@2026-03-29T02:00:00Z\nnightly.1@2026-03-30T02:00:00Z\n";
        assertThat(out()).isEqualTo(keys);
        assertThat(cairn("backfill", "nightly.1", "--from", "2026-03-28", "--to", "2026-03-30"))
                .as(err())
                .isZero();
        assertThat(out()).isEqualTo(keys);
        assertThat(cairn("backfill", "nightly.1", "--from", "2026-03-28", "--to", "2026-03-31T02:00"))
                .isZero();
        assertThat(out()).isEqualTo("nightly.1@2026-03-31T02:00:00Z\n");
        assertThat(err()).contains("3 of the times have or had a run");
        wrong(ExitCode.USAGE, "is not past yet", "backfill", "nightly.1", "--from", "2026-03-28", "--to", "2199-01-01");
        wrong(
                ExitCode.USAGE,
                "has no time from",
                "backfill",
                "nightly.1",
                "--from",
                "2026-03-28T03:00",
                "--to",
                "2026-03-28T04:00");
        wrong(
                ExitCode.USAGE,
                "at least 1",
                "backfill",
                "nightly.1",
                "--from",
                "2026-03-28",
                "--to",
                "2026-03-29",
                "--parallel",
                "0");
    }

    @Test
    void removesAWorkflowWithWhatWaitsOfIt() throws Exception {
        cairn("add", flow.toString());
        cairn("trigger", "nightly.1");
        wrong(ExitCode.USAGE, "is one schedule of nightly", "remove", "nightly.1");
        assertThat(cairn("remove", "nightly")).isZero();
        assertThat(json("list", "--json").path("schedules").size()).isZero();
        wrong(ExitCode.NOT_FOUND, "there is no schedule \"nightly\"", "show", "nightly");
        assertThat(cairn("add", flow.toString())).isZero();
        assertThat(json("show", "nightly.1", "--json")
                        .at("/schedules/0/ticks/0/state")
                        .asString())
                .isEqualTo("cancelled");
    }

    @Test
    void addsAllFilesOrNone() throws Exception {
        Path broken = folder.resolve("broken.yaml");
        Files.writeString(broken, "schedule: {cron: '0 0 30 2 *'}\nsteps: [{run: x}]\n");
        wrong(ExitCode.USAGE, "never comes", "add", flow.toString(), broken.toString());
        Files.writeString(broken, "steps: [{run: x}]\n");
        wrong(ExitCode.USAGE, "the workflow has no 'schedule'", "add", flow.toString(), broken.toString());
        assertThat(cairn("list")).isZero();
        assertThat(out()).isEmpty();
    }

    @Test
    void saysWhatIsWrongWithTheDatabase() throws Exception {
        wrong(ExitCode.NOT_FOUND, "there are no schedules yet", "show", "x");
        wrong(ExitCode.USAGE, "not like jdbc:postgresql:", "list", "--store", "mysql://x");
        cairn("add", flow.toString());
        Path database = folder.resolve("state/cairn/scheduler.db");
        Files.writeString(database, "no database, but a text that is long enough to be looked at as one".repeat(20));
        Files.deleteIfExists(database.resolveSibling("scheduler.db-wal"));
        wrong(ExitCode.IO, database + ": this is no database, or a damaged one", "list");
    }

    @Test
    void namesTheNearest() throws Exception {
        cairn("add", flow.toString());
        wrong(ExitCode.NOT_FOUND, "there is no schedule \"nightli\"; did you mean \"nightly\"?", "pause", "nightli");
    }

    private void wrong(int code, String message, String... arguments) {
        assertThat(cairn(arguments)).as(err()).isEqualTo(code);
        assertThat(err()).contains(message);
    }

    private JsonNode json(String... arguments) {
        assertThat(cairn(arguments)).as(err()).isZero();
        return JsonMapper.shared().readTree(out());
    }

    private int cairn(String... arguments) {
        out.reset();
        err.reset();
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Map.of("XDG_STATE_HOME", folder.resolve("state").toString()),
                folder);
        String[] line = new String[arguments.length + 1];
        line[0] = "schedule";
        System.arraycopy(arguments, 0, line, 1, arguments.length);
        return new CommandTree(console).execute(line);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
