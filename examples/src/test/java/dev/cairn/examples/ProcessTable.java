package dev.cairn.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The processes of this host as {@code /proc} shows them at one instant, without zombies. Immutable. */
final class ProcessTable {
    private static final int PARENT_AFTER_NAME = 1;
    private static final int START_TIME_AFTER_NAME = 19;

    private final List<HostProcess> processes;

    private ProcessTable(List<HostProcess> processes) {
        this.processes = processes;
    }

    static ProcessTable read() {
        try (Stream<Path> folders = Files.list(Path.of("/proc"))) {
            return new ProcessTable(
                    folders.filter(folder -> isNumber(folder.getFileName().toString()))
                            .flatMap(folder -> process(folder).stream())
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The processes that belong to a folder: those with the folder in their command line (a supervisor, a runner) or environment (a
     * step), and all their descendants. Never this JVM.
     */
    Set<HostProcess> of(Path folder) {
        Set<HostProcess> found = withDescendants(
                processes.stream().filter(process -> names(process, folder)).toList());
        found.removeIf(process -> process.pid() == ProcessHandle.current().pid());
        return found;
    }

    /** Children, their children, and so on. */
    Set<HostProcess> descendantsOf(long pid) {
        return withDescendants(
                processes.stream().filter(process -> process.parent() == pid).toList());
    }

    boolean isAlive(HostProcess process) {
        return processes.stream()
                .anyMatch(other -> other.pid() == process.pid() && other.startTime() == process.startTime());
    }

    private Set<HostProcess> withDescendants(List<HostProcess> roots) {
        Set<HostProcess> found = new LinkedHashSet<>();
        Deque<HostProcess> toVisit = new ArrayDeque<>(roots);
        while (!toVisit.isEmpty()) {
            HostProcess next = toVisit.remove();
            if (found.add(next)) {
                toVisit.addAll(processes.stream()
                        .filter(process -> process.parent() == next.pid())
                        .toList());
            }
        }
        return found;
    }

    private static boolean names(HostProcess process, Path folder) {
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        return process.command().contains(folder.toString())
                || text(proc.resolve("environ")).orElse("").contains(folder.toString());
    }

    private static Optional<HostProcess> process(Path folder) {
        Optional<String> stat = text(folder.resolve("stat"));
        Optional<String> command = text(folder.resolve("cmdline"));
        if (stat.isEmpty() || command.isEmpty()) {
            return Optional.empty(); // ended meanwhile
        }
        // The name stands in parentheses and may hold anything.
        List<String> fields =
                List.of(stat.get().substring(stat.get().lastIndexOf(')') + 2).split(" "));
        if (fields.get(0).matches("[ZX]")) {
            return Optional.empty();
        }
        return Optional.of(new HostProcess(
                Long.parseLong(folder.getFileName().toString()),
                Long.parseLong(fields.get(PARENT_AFTER_NAME)),
                Long.parseLong(fields.get(START_TIME_AFTER_NAME)),
                command.get().replace('\0', ' ').strip()));
    }

    private static Optional<String> text(Path file) {
        try {
            return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
            return Optional.empty(); // ended meanwhile, or another user's
        }
    }

    private static boolean isNumber(String name) {
        return name.chars().allMatch(Character::isDigit);
    }
}
