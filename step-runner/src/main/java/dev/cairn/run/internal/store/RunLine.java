package dev.cairn.run.internal.store;

import dev.cairn.files.Digests;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.internal.names.RunHistory;
import dev.cairn.run.internal.names.RunIds;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Decides whether two command lines mean the same run. */
public sealed interface RunLine {

    /** A key, or the name of an exec. */
    record Named(String name) implements RunLine {}

    /**
     * A workflow file and the given inputs without defaults. A default such as {@code today} may have changed since,
     * but the line still means the unfinished run.
     *
     * @param file absolute
     */
    record Line(Path file, Map<String, String> inputs) implements RunLine {
        public Line {
            inputs = Map.copyOf(inputs);
        }
    }

    /** The folder of the runs that the line had. */
    private static Path folder(CairnHome home, RunLine identity) {
        if (identity instanceof Named named) {
            return home.names().resolve(RunIds.encode(named.name()));
        }
        Line line = (Line) identity;
        String digest = Digests.of(line.file() + "\0" + new TreeMap<>(line.inputs()));
        return home.lines().resolve(digest.substring(digest.indexOf(':') + 1));
    }

    /** The runs that the line had. */
    static RunHistory succession(CairnHome home, RunLine identity) {
        return new RunHistory(folder(home, identity));
    }
}
