package dev.cairn.airflow;

import java.util.List;
import java.util.Optional;

/**
 * Which DAGs to list.
 *
 * @param idPattern an SQL {@code LIKE} pattern; the server adds {@code %} on both sides
 * @param tags any of these
 * @param evenInactive whether to include DAGs whose file is gone
 */
public record DagQuery(Optional<String> idPattern, List<String> tags, boolean evenInactive) {
    /** All DAGs whose file exists. */
    public static final DagQuery ALL = new DagQuery(Optional.empty(), List.of(), false);

    public DagQuery {
        tags = List.copyOf(tags);
    }

    /** Only DAGs whose id contains this text. */
    public static DagQuery like(String pattern) {
        return new DagQuery(Optional.of(pattern), List.of(), false);
    }
}
