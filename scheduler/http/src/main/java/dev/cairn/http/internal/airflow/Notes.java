package dev.cairn.http.internal.airflow;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The notes of people on DAG runs, in a file for each run. Immutable; any thread. */
record Notes(Path folder) {
    Optional<String> of(RunManifest run) throws IOException {
        try {
            return Optional.of(OrdinaryFile.ownText(folder.resolve(run.id())));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    void put(RunManifest run, String note) throws IOException {
        DurableFiles.createFolders(folder);
        DurableFiles.replace(folder.resolve(run.id()), note.getBytes(StandardCharsets.UTF_8));
    }
}
