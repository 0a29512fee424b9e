package dev.cairn.engine;

/**
 * A feature of the host that an engine needs or uses.
 *
 * @param detail what was found
 * @param cost what its absence costs; empty when ok
 * @param who who can change it, and how; empty when ok
 */
public record HostFinding(String name, boolean ok, boolean required, String detail, String cost, String who) {}
