package dev.cairn.http.internal.runs;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.home.CairnHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The homes whose runs are served: the given ones, those of schedules, and those in which a run was started.
 * Thread-safe.
 */
public final class Homes {
    private final List<Path> given;
    private final Source schedules;
    private final Path file;

    /** The homes of the schedules' runs. */
    @FunctionalInterface
    public interface Source {
        List<Path> homes() throws IOException;
    }

    /** @param file remembers the homes in which runs were started, one per line */
    public Homes(List<Path> given, Source schedules, Path file) {
        this.given = List.copyOf(given);
        this.schedules = schedules;
        this.file = file;
    }

    /**
     * The homes that were found.
     *
     * @param unusable the reasons why others are not served
     */
    public record Found(List<CairnHome> homes, List<IOException> unusable) {}

    public Found all() throws IOException {
        Set<Path> paths = new LinkedHashSet<>(given);
        paths.addAll(schedules.homes());
        paths.addAll(remembered());
        List<CairnHome> homes = new ArrayList<>();
        List<IOException> unusable = new ArrayList<>();
        for (Path path : paths) {
            try {
                homes.add(CairnHome.at(path));
            } catch (IOException e) {
                unusable.add(e);
            }
        }
        return new Found(homes, unusable);
    }

    synchronized void remember(Path home) throws IOException {
        Set<Path> all = new LinkedHashSet<>(remembered());
        if (!given.contains(home) && all.add(home)) {
            String lines = all.stream().map(Path::toString).collect(Collectors.joining("\n", "", "\n"));
            DurableFiles.replace(file, lines.getBytes(StandardCharsets.UTF_8));
        }
    }

    private synchronized List<Path> remembered() throws IOException {
        try {
            return OrdinaryFile.ownText(file).lines().map(Path::of).toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }
}
