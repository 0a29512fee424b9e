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

final class ScheduleNextTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void writeWorkflow() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                schedule:
                  - {cron: "30 2 * * *", timezone: Europe/Berlin}
                  - {every: 12h, timezone: UTC, end: 2026-03-29T12:00}
                steps: [{run: 'true'}]
                """);
    }

    @Test
    void printsTheTimesOfACronLine() {
        assertThat(next("--cron", "0 0 13 * 5", "-n", "3", "--timezone", "UTC", "--from", "2026-01-08"))
                .isZero();
        assertThat(out).hasToString("2026-01-09T00:00:00Z\n2026-01-13T00:00:00Z\n2026-01-16T00:00:00Z\n");
    }

    @Test
    void mergesTheTimesOfAllSchedulesOfAFile() {
        assertThat(next(folder.resolve("flow.yaml").toString(), "-n", "4", "--from", "2026-03-28T12:30:00Z"))
                .isZero();
        assertThat(out).hasToString("""
                2026-03-29T00:00:00Z  every 12h
                2026-03-29T03:00:00+02:00  30 2 * * *
                2026-03-29T12:00:00Z  every 12h
                2026-03-30T02:30:00+02:00  30 2 * * *
                """);
    }

    @Test
    void printsJson() {
        next("--every", "90m", "-n", "1", "--timezone", "Europe/Berlin", "--from", "2026-01-01T01:00", "--json");
        assertThat(out)
                .hasToString("{\"times\":[{\"time\":\"2026-01-01T01:30:00Z\","
                        + "\"local\":\"2026-01-01T02:30:00+01:00\",\"schedule\":1}]}\n");
    }

    @Test
    void saysWhenThereAreNoMore() {
        assertThat(next("--cron", "0 0 0 1 1 ? 2027", "--timezone", "UTC", "--from", "2026-01-01"))
                .isZero();
        assertThat(out).hasToString("2027-01-01T00:00:00Z\n");
        assertThat(err).hasToString("cairn: no more times will come\n");
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        wrong("--cron: \"0 0 30 2 *\" never comes", "--cron", "0 0 30 2 *");
        wrong(
                "unknown time zone \"Europe/Berlim\"; did you mean \"Europe/Berlin\"?",
                "--cron",
                "@daily",
                "--timezone",
                "Europe/Berlim");
        wrong("--from yesterday: not a time", "--cron", "@daily", "--from", "yesterday");
        wrong("--every x: not a duration", "--every", "x");
        wrong("name one of", "--every", "1h", "--cron", "@daily");
        wrong("name one of");
        wrong("at least 1", "--cron", "@daily", "-n", "0");
        Files.writeString(folder.resolve("none.yaml"), "steps: [{run: 'true'}]\n");
        wrong(
                "none.yaml: the workflow has no 'schedule'",
                folder.resolve("none.yaml").toString());
        wrong("no such workflow file", "nowhere.yaml");
    }

    private void wrong(String message, String... arguments) {
        err.reset();
        assertThat(next(arguments)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
    }

    private int next(String... arguments) {
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Map.of(),
                folder);
        String[] line = new String[arguments.length + 2];
        line[0] = "schedule";
        line[1] = "next";
        System.arraycopy(arguments, 0, line, 2, arguments.length);
        return new CommandTree(console).execute(line);
    }
}
