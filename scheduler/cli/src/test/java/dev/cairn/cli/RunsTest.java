package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.GlobalOptions;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunsTest {
    @Test
    void saysACommandAsAShellTakesIt() throws IOException {
        Console console = new Console(System.out, System.err, Map.of(), Path.of("/tmp"));
        Runs runs = new Runs(CairnHome.at(Path.of("/my runs/it's")), new CompositionRoot(console, new GlobalOptions()));
        assertThat(runs.line("resume", run("a b"))).isEqualTo("cairn resume --home '/my runs/it'\\''s' 'a b'");
        assertThat(runs.line("resume", run("nightly.1@2026-11-22T02:00Z"))).endsWith(" nightly.1@2026-11-22T02:00Z");
    }

    private static RunManifest run(String key) {
        RunOrigin origin = new RunOrigin(
                "n",
                Optional.of(key),
                Optional.of(Path.of("/flow.yaml")),
                Optional.empty(),
                Path.of("/"),
                "",
                Map.of(),
                Map.of());
        return RunManifest.create(new RunFolder(Path.of("/runs/n-1")), origin, Instant.EPOCH);
    }
}
