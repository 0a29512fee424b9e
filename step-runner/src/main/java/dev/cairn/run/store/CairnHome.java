package dev.cairn.run.store;

import dev.cairn.run.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The folder that holds the runs. Immutable. */
public record CairnHome(Path path) {
    /** Its name where it is found like {@code .git}. */
    public static final String FOLDER = ".cairn";

    public CairnHome {
        path = path.toAbsolutePath().normalize();
    }

    /**
     * {@code $CAIRN_HOME}, else the nearest {@code .cairn} in {@code start} or above it.
     *
     * @param environment the caller's
     */
    public static Optional<CairnHome> find(Path start, Map<String, String> environment) {
        String named = environment.getOrDefault("CAIRN_HOME", "");
        if (!named.isEmpty()) {
            return Optional.of(new CairnHome(Path.of(named)));
        }
        for (Path folder = start.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve(FOLDER))) {
                return Optional.of(new CairnHome(folder.resolve(FOLDER)));
            }
        }
        return Optional.empty();
    }

    /** Like {@link #find}; where there is none, {@code .cairn} in {@code start}. The folder is made when missing. */
    public static CairnHome findOrCreate(Path start, Map<String, String> environment) throws IOException {
        CairnHome home = find(start, environment).orElseGet(() -> new CairnHome(start.resolve(FOLDER)));
        DurableFiles.createFolders(home.runs());
        return home;
    }

    Path runs() {
        return path.resolve("runs");
    }

    /** Who has had a name, one folder per name. */
    Path names() {
        return path.resolve("names");
    }

    /** Which runs a workflow file and its inputs have had, one folder per file and inputs. */
    Path lines() {
        return path.resolve("lines");
    }

    /** Of which runs somebody may have to be told. */
    public Path untold() {
        return path.resolve("untold");
    }
}
