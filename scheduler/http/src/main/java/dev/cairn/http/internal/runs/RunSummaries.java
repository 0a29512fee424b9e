package dev.cairn.http.internal.runs;

import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the manifest of a run for its summary, once for each version of the file. Thread-safe. */
final class RunSummaries {
    private static final int REMEMBERED = 50_000;

    /** The version of a file that is replaced as a whole. */
    private record Version(Object key, long modified, long size) {
        static Version of(Path file) throws IOException {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(
                    String.valueOf(found.fileKey()), found.lastModifiedTime().toMillis(), found.size());
        }
    }

    private record Known(Version version, RunSummary summary) {}

    private final Map<Path, Known> known = new LinkedHashMap<>();

    /** @throws java.nio.file.NoSuchFileException when the run has been deleted */
    RunSummary of(RunFolder folder) throws IOException {
        Version version = Version.of(folder.manifest());
        Optional<RunSummary> same = remembered(folder.path(), version);
        if (same.isPresent()) {
            return same.get();
        }
        RunSummary summary = RunSummary.of(RunStore.read(folder));
        remember(folder.path(), new Known(version, summary));
        return summary;
    }

    private synchronized Optional<RunSummary> remembered(Path folder, Version version) {
        return Optional.ofNullable(known.get(folder))
                .filter(found -> found.version().equals(version))
                .map(Known::summary);
    }

    private synchronized void remember(Path folder, Known read) {
        if (known.size() >= REMEMBERED) {
            known.remove(known.keySet().iterator().next());
        }
        known.put(folder, read);
    }
}
