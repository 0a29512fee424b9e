package dev.cairn.engine;

import java.nio.file.attribute.FileTime;

/**
 * The lease of a step's images at one instant.
 *
 * @param host the host of the supervisor that holds it
 * @param pid the pid of that supervisor
 * @param here whether that supervisor runs on this host and in this pid namespace
 * @param renewed a value that changes with each renewal; it is no reliable time, because the other host's clock may be
 *     wrong
 */
public record Lease(String host, long pid, boolean here, FileTime renewed) {

    /** For a person: {@code pid 4711 on node17}. */
    public String describe() {
        return "pid " + pid + " on " + host;
    }
}
