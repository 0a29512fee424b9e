package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that only look must answer at once: the scheduler and what belongs to it are not even loaded. */
final class LoadedClassesTest {
    private static final Path NOTHING = Path.of("/dev/null");

    @TempDir
    Path folder;

    @Test
    void lookingLoadsNoScheduler() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), "name: w\nschedule: {cron: '@daily'}\nsteps: [{run: 'true'}]\n");
        loaded("schedule", "add", "flow.yaml");
        List<String> listing = loaded("schedule", "list");
        assertThat(listing).contains("dev.cairn.cli.schedule.ScheduleListCommand");
        assertThat(of("org.quartz", listing)).isEmpty();
        assertThat(of("org.flywaydb", listing)).isEmpty();
        assertThat(of("com.zaxxer", listing)).isEmpty();
        Files.createDirectories(folder.resolve(".cairn/runs"));
        List<String> ps = loaded("ps");
        assertThat(of("org.quartz", ps)).isEmpty();
        assertThat(of("org.sqlite", ps)).isEmpty();
    }

    private static List<String> of(String packages, List<String> loaded) {
        return loaded.stream().filter(name -> name.startsWith(packages)).toList();
    }

    private List<String> loaded(String... arguments) throws Exception {
        Path log = folder.resolve("classes");
        Map<String, String> environment = Map.of(
                "XDG_STATE_HOME",
                folder.resolve("state").toString(),
                "JAVA_TOOL_OPTIONS",
                "-Xlog:class+load:file=" + log);
        try (CairnProcess cairn = CairnProcess.start(folder, environment, NOTHING, arguments)) {
            CairnProcess.Outcome outcome = cairn.await();
            assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        }
        return Files.readAllLines(log).stream()
                .map(line -> line.replaceFirst("^.*\\] ", "").replaceFirst(" .*", ""))
                .toList();
    }
}
