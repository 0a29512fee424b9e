package dev.cairn.engine;

/**
 * A feature of the host that an engine needs or uses.
 *
 * @param detail what was found
 * @param cost what the user loses without it; empty if ok
 * @param who who can enable it, and how; empty if ok
 */
public record HostFinding(String name, boolean ok, boolean required, String detail, String cost, String who) {}
