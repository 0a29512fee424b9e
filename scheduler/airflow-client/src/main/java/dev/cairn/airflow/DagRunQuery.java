package dev.cairn.airflow;

import java.util.List;
import java.util.Optional;

/**
 * Which DAG runs to list, newest first.
 *
 * @param dagId empty: of all DAGs
 * @param states any of these; empty: in any state
 */
public record DagRunQuery(Optional<String> dagId, List<DagRunState> states) {
    public DagRunQuery {
        states = List.copyOf(states);
    }

    public static DagRunQuery of(String dagId) {
        return new DagRunQuery(Optional.of(dagId), List.of());
    }

    public DagRunQuery in(DagRunState... wanted) {
        return new DagRunQuery(dagId, List.of(wanted));
    }
}
