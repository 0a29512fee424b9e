package dev.cairn.engine;

/** A process is known by its pid and its start time (clock ticks since boot): pids are reused. */
public record ProcessIdentity(long pid, long startTime) {}
