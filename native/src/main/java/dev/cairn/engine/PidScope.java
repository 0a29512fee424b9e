package dev.cairn.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The scope in which a pid identifies a process: only processes with the same scope see the same pids. Immutable.
 *
 * @param bootId the content of {@code /proc/sys/kernel/random/boot_id}
 * @param namespace inode of {@code /proc/self/ns/pid}
 */
public record PidScope(String bootId, long namespace) {

    /** This process's own. */
    public static PidScope current() throws IOException {
        return new PidScope(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
                (long) Files.getAttribute(Path.of("/proc/self/ns/pid"), "unix:ino"));
    }
}
