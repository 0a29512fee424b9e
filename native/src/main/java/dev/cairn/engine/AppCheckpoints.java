package dev.cairn.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A program that saves its own state.
 *
 * @param signal name of the signal that asks it to save ({@code TERM}, {@code USR1}), empty if it saves on its own
 *     schedule
 * @param files the files that it saves, relative to its working directory
 * @param resumeCommand the command that resumes from the files; empty repeats the command
 * @param settle how long the files must be unchanged to count as saved
 */
public record AppCheckpoints(
        Optional<String> signal, List<String> files, Optional<List<String>> resumeCommand, Duration settle) {
    public AppCheckpoints {
        files = List.copyOf(files);
        resumeCommand = resumeCommand.map(List::copyOf);
    }
}
