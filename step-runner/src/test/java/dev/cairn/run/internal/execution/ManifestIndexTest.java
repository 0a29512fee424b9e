package dev.cairn.run.internal.execution;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.files.DurableFiles;
import dev.cairn.run.event.WriteNews;
import dev.cairn.run.manifest.Publisher;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.Instance;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestIndexTest {
    @TempDir
    Path folder;

    @Test
    void isWrittenAtOnceInASmallRun() throws Exception {
        assertThat(writesFor(5)).isEqualTo(10);
    }

    @Test
    void isWrittenNoMoreOftenInALargeRunThanInAMiddlingOne() throws Exception {
        assertThat(writesFor(640)).isEqualTo(128);
        assertThat(writesFor(6400)).isEqualTo(128);
    }

    /** Each step changes twice. */
    private int writesFor(int steps) throws Exception {
        RunFolder run = new RunFolder(folder.resolve("run-" + steps));
        DurableFiles.createFolders(run.path());
        RunOrigin origin = new RunOrigin(
                "n", Optional.empty(), Optional.of(folder), Optional.empty(), folder, "", Map.of(), Map.of());
        AtomicInteger writes = new AtomicInteger();
        ManifestIndex index = new ManifestIndex(
                RunManifest.create(run, origin, Instant.EPOCH),
                new Publisher(writes::incrementAndGet, Clock.systemUTC(), new WriteNews(event -> {})),
                Clock.systemUTC(),
                steps);
        for (StepState state : new StepState[] {StepState.RUNNING, StepState.SUCCEEDED}) {
            for (int step = 0; step < steps; step++) {
                index.changed(new Instance("s" + step, 1, Map.of()), state, OptionalLong.empty());
            }
        }
        return writes.get();
    }
}
