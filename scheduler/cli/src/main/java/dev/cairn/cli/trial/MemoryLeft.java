package dev.cairn.cli.trial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How much memory is left before the kernel kills a process.
 *
 * @param of the owner of the nearest limit, as people name it
 */
record MemoryLeft(long bytes, String of) {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup");

    /** The memory left on the host and in every control group (version 2) of this process. */
    static MemoryLeft now() throws IOException {
        MemoryLeft nearest = new MemoryLeft(available(), "this host");
        for (Path group = ownGroup(); group != null && group.startsWith(GROUPS); group = group.getParent()) {
            Optional<Long> limit = number(group.resolve("memory.max"));
            Optional<Long> used = number(group.resolve("memory.current"));
            if (limit.isPresent() && used.isPresent() && limit.get() - used.get() < nearest.bytes) {
                nearest = new MemoryLeft(limit.get() - used.get(), "control group " + GROUPS.relativize(group));
            }
        }
        return nearest;
    }

    private static long available() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    private static Path ownGroup() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/self/cgroup"));
        return lines.stream()
                .filter(line -> line.startsWith("0::/"))
                .map(line -> GROUPS.resolve(line.substring("0::/".length())))
                .findFirst()
                .orElse(GROUPS);
    }

    /** Empty for {@code max}, and if there is no such file. */
    private static Optional<Long> number(Path file) {
        try {
            return Arrays.stream(Files.readString(file).strip().split(" "))
                    .filter(word -> word.matches("[0-9]{1,18}"))
                    .map(Long::valueOf)
                    .findFirst();
        } catch (IOException notThere) {
            return Optional.empty();
        }
    }
}
