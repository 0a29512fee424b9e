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
 * The checkpoint engines by name, what carries out a step with {@code uses}, and whether this host allows them, asked once
 * each. Thread-safe.
 */
public final class Engines {
    /** The engine that starts a step over. */
    public static final String NONE = "none";

    private final Map<String, Checkpointer> byName;
    private final Map<String, Checkpointer> actions;
    private final Map<String, Optional<String>> obstacles = new ConcurrentHashMap<>();

    /**
     * @param byName what {@code checkpoint.engine} chooses from
     * @param actions the actions that {@code uses} can name. One is started like a command: its first word is the action's name, its
     *     second a JSON object: what {@code with} says, and {@code outputs}, the outputs' files by name; names differ from those of
     * the engines
     */
    public Engines(Map<String, Checkpointer> byName, Map<String, Checkpointer> actions) {
        this.byName = Map.copyOf(byName);
        this.actions = Map.copyOf(actions);
    }

    /** In alphabetical order. */
    public SortedSet<String> names() {
        return new TreeSet<>(byName.keySet());
    }

    /** What {@code uses} can name here, in alphabetical order. */
    public SortedSet<String> actions() {
        return new TreeSet<>(actions.keySet());
    }

    /** @throws UnknownEngineException when there is no such engine */
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
