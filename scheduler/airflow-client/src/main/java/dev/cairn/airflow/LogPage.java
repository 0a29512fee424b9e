package dev.cairn.airflow;

import java.util.List;
import java.util.Optional;

/**
 * A part of a task's log.
 *
 * @param lines for people, without line ends
 * @param next the token for the next page; empty at the log's end
 */
public record LogPage(List<String> lines, Optional<String> next) {
    public LogPage {
        lines = List.copyOf(lines);
    }
}
