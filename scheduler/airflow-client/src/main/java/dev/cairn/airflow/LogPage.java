package dev.cairn.airflow;

import java.util.List;
import java.util.Optional;

/**
 * A part of a task's log.
 *
 * @param lines the lines for people, without line ends
 * @param next the token of the next page; empty at the end of the log
 */
public record LogPage(List<String> lines, Optional<String> next) {
    public LogPage {
        lines = List.copyOf(lines);
    }
}
