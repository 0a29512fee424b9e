package dev.cairn.cli.shared;

/** The exit codes of {@code cairn}. They are those of {@code sysexits.h} if it has a suitable one. */
public final class ExitCode {
    public static final int OK = 0;
    /** The workflow failed, or a check found a problem. */
    public static final int FAILED = 1;
    /** Wrong usage or an invalid workflow file. */
    public static final int USAGE = 2;
    /** There is no such run, step, log or image. */
    public static final int NOT_FOUND = 66;
    /** Another live runner owns the run, or the host lacks a feature. */
    public static final int UNAVAILABLE = 69;
    /** A bug in Cairn. */
    static final int BUG = 70;
    /** A file could not be read or written. */
    public static final int IO = 74;
    /** Stopped and resumable. */
    public static final int STOPPED = 75;
    /** As in shells: the command exists but cannot be executed. */
    public static final int NOT_EXECUTABLE = 126;
    /** As in shells: there is no such command. */
    public static final int COMMAND_MISSING = 127;

    private ExitCode() {}
}
