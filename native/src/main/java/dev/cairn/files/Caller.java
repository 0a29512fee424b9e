package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The user whose rights this process has.
 *
 * @param user the effective user
 * @param groups all groups of the process
 * @param fileSystemOwner the owner of {@code /}, who could replace every file; not 0 in a user namespace without root
 */
record Caller(int user, Set<Integer> groups, int fileSystemOwner) {
    static final int ROOT = 0;

    static Caller current() throws IOException {
        return new Caller(
                (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"),
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("Gid:") || line.startsWith("Groups:"))
                        .flatMap(line -> Arrays.stream(
                                line.substring(line.indexOf(':') + 1).strip().split("\\s+")))
                        .filter(gid -> !gid.isEmpty())
                        .map(Integer::parseUnsignedInt)
                        .collect(Collectors.toUnmodifiableSet()),
                (int) Files.getAttribute(Path.of("/"), "unix:uid"));
    }

    boolean isRoot() {
        return user == ROOT;
    }

    /** Whether this user is the caller, or could replace every file anyway. */
    boolean answersFor(int owner) {
        return owner == user || owner == ROOT;
    }
}
