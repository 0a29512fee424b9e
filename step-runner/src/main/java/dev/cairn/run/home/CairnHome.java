package dev.cairn.run.home;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.files.Trust;
import dev.cairn.files.UntrustedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/** The folder that holds the runs. An instance exists only for a folder that {@link Trust} allows. Immutable. */
public final class CairnHome {
    /** The name of its folder, which is searched for like {@code .git}. */
    public static final String FOLDER = ".cairn";

    private final Path path;

    private CairnHome(Path path) {
        this.path = path;
    }

    /**
     * @param path need not exist
     * @throws UntrustedException if another user could have written its content
     */
    public static CairnHome at(Path path) throws IOException {
        CairnHome home = new CairnHome(path.toAbsolutePath().normalize());
        Trust trust = Trust.ofThisProcess();
        for (Path folder : List.of(
                home.path,
                home.runs(),
                home.names(),
                home.lines(),
                home.pendingNotifications(),
                home.cache(),
                home.input())) {
            trust.check(folder);
        }
        return home;
    }

    /**
     * {@code $CAIRN_HOME}, else the nearest {@code .cairn} in {@code start} or above it.
     *
     * @param environment the caller's environment
     * @param skipped receives each {@code .cairn} that is skipped, and why
     * @throws UntrustedException if {@code $CAIRN_HOME} is not trusted
     */
    public static Optional<CairnHome> find(Path start, Map<String, String> environment, Consumer<String> skipped)
            throws IOException {
        String named = environment.getOrDefault("CAIRN_HOME", "");
        if (!named.isEmpty()) {
            return Optional.of(at(Path.of(named)));
        }
        for (Path folder = start.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
            try {
                if (Presence.isFolder(folder.resolve(FOLDER))) {
                    return Optional.of(at(folder.resolve(FOLDER)));
                }
            } catch (UntrustedException e) {
                skipped.accept(e.getMessage());
            } catch (AccessDeniedException e) {
                skipped.accept(folder.resolve(FOLDER) + " cannot be looked at, and is not used: permission denied");
            }
        }
        return Optional.empty();
    }

    /** As {@link #find}; if there is none, {@code .cairn} in {@code start}. Makes the folder if it is missing. */
    public static CairnHome findOrCreate(Path start, Map<String, String> environment) throws IOException {
        return findOrCreate(
                start,
                environment,
                skipped -> LoggerFactory.getLogger(CairnHome.class).warn("{}", skipped));
    }

    /** The same, reporting each skipped folder to {@code skipped}. */
    public static CairnHome findOrCreate(Path start, Map<String, String> environment, Consumer<String> skipped)
            throws IOException {
        Optional<CairnHome> found = find(start, environment, skipped);
        return (found.isPresent() ? found.get() : at(start.resolve(FOLDER))).created();
    }

    /** The same, and makes the folder if it is missing. */
    public CairnHome created() throws IOException {
        DurableFiles.createFolders(runs());
        return at(path); // in a folder that others can write to, another user may have been faster
    }

    public Path path() {
        return path;
    }

    public Path runs() {
        return path.resolve("runs");
    }

    /** The runs of each name, one folder per name. */
    public Path names() {
        return path.resolve("names");
    }

    /** The runs of a workflow file and its inputs, one folder for each. */
    public Path lines() {
        return path.resolve("lines");
    }

    /** The runs that may have pending notifications. */
    public Path pendingNotifications() {
        return path.resolve("untold");
    }

    /** The earlier successes of steps with {@code cache}. */
    public Path cache() {
        return path.resolve("cache");
    }

    /** The input that was piped into commands, one file for each. */
    public Path input() {
        return path.resolve("input");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CairnHome home && home.path.equals(path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
