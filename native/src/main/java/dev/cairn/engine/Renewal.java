package dev.cairn.engine;

import java.util.Set;

/**
 * A variable that processes of an earlier attempt were started with.
 *
 * @param was its values in earlier attempts; a process that has another one keeps it
 * @param now its value in this one
 */
public record Renewal(Set<String> was, String now) {
    public Renewal {
        was = Set.copyOf(was);
    }
}
