package dev.cairn.run.store;

import dev.cairn.run.files.Digests;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What makes two lines on the command line mean the same run. */
public sealed interface RunIdentity {

    /** A key, or the name of an exec. */
    record Named(String name) implements RunIdentity {}

    /**
     * A workflow file and the inputs that were given, as they were given: a default such as {@code today} may have become another
     * since, and the line still means the run that has not ended.
     *
     * @param file absolute
     */
    record Line(Path file, Map<String, String> inputs) implements RunIdentity {
        public Line {
            inputs = Map.copyOf(inputs);
        }
    }

    /** Where its succession is kept. */
    private static Path folder(CairnHome home, RunIdentity identity) {
        if (identity instanceof Named named) {
            return home.names().resolve(RunIds.encode(named.name()));
        }
        Line line = (Line) identity;
        String digest = Digests.of(line.file() + "\0" + new TreeMap<>(line.inputs()));
        return home.lines().resolve(digest.substring(digest.indexOf(':') + 1));
    }

    /** The runs that had it. */
    static Succession succession(CairnHome home, RunIdentity identity) {
        return new Succession(folder(home, identity));
    }
}
