package dev.cairn.engine;

/** Identifies a process by its pid and its start time (clock ticks since boot), because pids are reused. */
public record ProcessIdentity(long pid, long startTime) {}
