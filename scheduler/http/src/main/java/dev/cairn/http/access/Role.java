package dev.cairn.http.access;

/** What a caller may do. */
public enum Role {
    /** Reads everything. */
    READ,
    /** Also starts, steers and resumes runs, which means to run commands as the user of the daemon. */
    WRITE;

    public boolean allows(Role needed) {
        return ordinal() >= needed.ordinal();
    }
}
