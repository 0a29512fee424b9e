package dev.cairn.run.internal.step;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.HostFinding;
import dev.cairn.run.failure.UnknownEngineException;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The checkpoint engines and the actions of {@code uses}, by name, and whether this host allows them. Each is asked
 * once. Thread-safe.
 */
public final class Engines {
    /** The engine that takes no images: the step starts over. */
    public static final String NONE = "none";

    private final Map<String, Checkpointer> byName;
    private final Map<String, Checkpointer> actions;
    private final Map<String, Optional<String>> obstacles = new ConcurrentHashMap<>();

    /**
     * @param byName the engines for {@code checkpoint.engine}
     * @param actions the actions that {@code uses} can name. An action is started like a command with two words: its
     *     name, and a JSON object with the values of {@code with} and with {@code outputs}, the outputs' files by name.
     *     Names of actions differ from those of engines
     */
    public Engines(Map<String, Checkpointer> byName, Map<String, Checkpointer> actions) {
        this.byName = Map.copyOf(byName);
        this.actions = Map.copyOf(actions);
    }

    /** In alphabetical order. */
    public SortedSet<String> names() {
        return new TreeSet<>(byName.keySet());
    }

    /** The actions that {@code uses} can name here, in alphabetical order. */
    public SortedSet<String> actions() {
        return new TreeSet<>(actions.keySet());
    }

    /** @throws UnknownEngineException if there is no such engine */
    public Checkpointer named(String name) {
        Checkpointer engine = byName.getOrDefault(name, actions.get(name));
        if (engine == null) {
            throw new UnknownEngineException(name, names());
        }
        return engine;
    }

    /** Why the engine does not work on this host; empty if it works. */
    Optional<String> obstacle(String name) {
        return obstacles.computeIfAbsent(name, n -> {
            String missing = named(n).check().stream()
                    .filter(finding -> finding.required() && !finding.ok())
                    .map(Engines::describe)
                    .collect(Collectors.joining("; "));
            return missing.isEmpty() ? Optional.empty() : Optional.of(missing);
        });
    }

    private static String describe(HostFinding finding) {
        return finding.name() + ": " + finding.detail() + (finding.who().isEmpty() ? "" : " (" + finding.who() + ")");
    }
}
