package dev.cairn.http.internal.runs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServedRunsTest {
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    @TempDir
    Path folder;

    private final List<CairnHome> homes = new ArrayList<>();
    private ServedRuns runs;

    @BeforeEach
    void homes() throws IOException {
        for (String name : List.of("a", "b")) {
            homes.add(CairnHome.at(folder.resolve(name)).created());
        }
        runs = new ServedRuns(
                new Homes(homes.stream().map(CairnHome::path).toList(), List::of, folder.resolve("homes")));
    }

    /** @param place tenths of a second behind the start */
    private RunFolder make(int home, String name, long place, int number, RunState state) throws IOException {
        Instant created = START.plusMillis(100 * place);
        String id = name + "-" + ID.format(created) + "-%04d".formatted(number);
        RunFolder run = new RunStore(homes.get(home)).folder(id);
        Files.createDirectories(run.path());
        RunOrigin origin = new RunOrigin(
                name,
                Optional.empty(),
                Optional.of(folder.resolve("flow.yaml")),
                Optional.empty(),
                folder,
                "",
                Map.of(),
                Map.of());
        RunManifest manifest = RunManifest.create(run, origin, created);
        manifest.state(state, "", created);
        manifest.save(() -> {}, created);
        return run;
    }

    private List<String> page(Optional<ServedRuns.Place> behind, int size) throws IOException {
        return runs.list(any -> true, behind, size).runs().stream()
                .map(seen -> seen.summary().id())
                .toList();
    }

    @Test
    void pagesTogetherAreTheWholeListWhateverTheirSize() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 60; i++) {
            make(random.nextInt(2), "flow", random.nextInt(100), i, RunState.SUCCEEDED);
        }
        List<ServedRuns.Seen> all = runs.list().runs();
        assertThat(all).hasSize(60);
        assertThat(all.stream().map(seen -> seen.summary().createdAt()))
                .isSortedAccordingTo((one, other) -> other.compareTo(one));
        for (int size : List.of(1, 7, 59, 60, 61)) {
            List<String> found = new ArrayList<>();
            Optional<ServedRuns.Place> behind = Optional.empty();
            while (found.size() < 60) {
                List<ServedRuns.Seen> next =
                        runs.list(any -> true, behind, size).runs();
                assertThat(next).hasSizeBetween(1, size);
                next.forEach(seen -> found.add(seen.summary().id()));
                behind = Optional.of(next.get(next.size() - 1).place());
            }
            assertThat(found)
                    .isEqualTo(all.stream().map(seen -> seen.summary().id()).toList());
        }
    }

    @Test
    void aPageReadsNoOlderRunThanItShows() throws IOException {
        RunFolder old = make(0, "old", 0, 1, RunState.SUCCEEDED);
        make(1, "new", 20, 2, RunState.SUCCEEDED);
        Files.writeString(old.manifest(), "no manifest");
        assertThat(runs.list(any -> true, Optional.empty(), 1).unreadable()).isEmpty();
        assertThat(runs.list(any -> true, Optional.empty(), 2).unreadable()).hasSize(1);
    }

    @Test
    void noticesThatARunHasChangedOrGone() throws IOException {
        RunFolder run = make(0, "flow", 0, 1, RunState.RUNNING);
        assertThat(page(Optional.empty(), 9)).hasSize(1);
        RunManifest manifest = RunManifest.read(run);
        manifest.state(RunState.FAILED, "", START);
        manifest.save(() -> {}, START);
        assertThat(runs.list().runs().get(0).summary().state()).isEqualTo(RunState.FAILED);
        Files.delete(run.manifest());
        assertThat(page(Optional.empty(), 9)).isEmpty();
    }
}
