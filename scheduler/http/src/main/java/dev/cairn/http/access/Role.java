package dev.cairn.http.access;

/** The rights of a caller. */
public enum Role {
    /** Reads everything. */
    READ,
    /** May also start, control and resume runs, and so run commands as the daemon's user. */
    WRITE;

    public boolean allows(Role needed) {
        return ordinal() >= needed.ordinal();
    }
}
