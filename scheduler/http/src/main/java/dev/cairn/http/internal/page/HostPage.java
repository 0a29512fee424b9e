package dev.cairn.http.internal.page;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.host.HostIdentity;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.run.manifest.RunState;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** This host: what it supports, its memory and disks, and what runs here. Thread-safe. */
public final class HostPage {
    private final ServedRuns runs;

    HostPage(ServedRuns runs) {
        this.runs = runs;
    }

    /** What is shown. */
    public record View(String name, String kernel, String memory, List<Home> homes, List<Checked> engines) {}

    /** @param free of its disk, for a person */
    public record Home(String path, String free, long running) {}

    /** An engine. */
    public record Checked(String name, List<HostFinding> findings) {
        public boolean ok() {
            return findings.stream().allMatch(finding -> finding.ok() || !finding.required());
        }
    }

    View view() throws IOException, EngineException {
        HostIdentity host = HostIdentity.current();
        Map<Path, Long> running = new LinkedHashMap<>();
        for (ServedRuns.Seen seen : runs.list().runs()) {
            running.merge(seen.home().path(), seen.summary().state() == RunState.RUNNING ? 1L : 0L, Long::sum);
        }
        List<Home> homes = running.entrySet().stream()
                .map(home -> new Home(home.getKey().toString(), free(home.getKey()), home.getValue()))
                .toList();
        List<Checked> engines = SupervisedEngines.all().stream()
                .map(engine -> new Checked(engine.name(), engine.check()))
                .toList();
        return new View(host.name(), host.kernel(), memory(), homes, engines);
    }

    private static String free(Path folder) {
        try {
            return Sizes.text(Files.getFileStore(folder).getUsableSpace());
        } catch (IOException e) {
            return "unknown: " + e.getMessage();
        }
    }

    private static String memory() throws IOException {
        return OrdinaryFile.text(Path.of("/proc/meminfo"))
                .lines()
                .filter(line -> line.startsWith("MemAvailable:"))
                .findFirst()
                .map(line -> Sizes.text(Long.parseLong(line.replaceAll("\\D", "")) * 1024) + " available")
                .orElse("unknown");
    }
}
