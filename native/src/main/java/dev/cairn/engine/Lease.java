package dev.cairn.engine;

import java.nio.file.attribute.FileTime;

/**
 * The lease of a step's images at one instant.
 *
 * @param host and {@code pid} of the supervisor that has it
 * @param here whether that supervisor runs on this host and in this pid namespace
 * @param renewed differs from one renewal to the next, and means nothing else: the other host's clock may be wrong
 */
public record Lease(String host, long pid, boolean here, FileTime renewed) {

    /** For a person: {@code pid 4711 on node17}. */
    public String describe() {
        return "pid " + pid + " on " + host;
    }
}
