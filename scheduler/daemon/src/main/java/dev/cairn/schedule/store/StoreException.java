package dev.cairn.schedule.store;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** The database of the schedules cannot be read or written; the message says which, why and what to do. */
public final class StoreException extends IOException {
    private static final long serialVersionUID = 1;

    StoreException(String message) {
        super(message);
    }

    private StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /** @param where the place of the database, for a person */
    static StoreException of(String where, Exception e) {
        return new StoreException(where + ": " + what(e), e);
    }

    private static String what(Throwable e) {
        Throwable cause = e;
        while (isWrapping(cause) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage());
        if (message.contains("SQLITE_FULL")) {
            return "the disk is full; nothing was lost, and work continues when there is space again";
        }
        if (message.contains("SQLITE_BUSY") || message.contains("SQLITE_LOCKED")) {
            return "another program has held the database locked for 10 s; try again, or end that program";
        }
        if (message.contains("SQLITE_NOTADB") || message.contains("SQLITE_CORRUPT")) {
            return "this is no database, or a damaged one. Nothing was changed; move it away, or put back a copy. The"
                    + " runs are not in it and stay as they are";
        }
        if (message.contains("SQLITE_READONLY") || message.contains("SQLITE_CANTOPEN")) {
            return "cannot be opened for writing; whose is it, and may you write to its folder?";
        }
        return message;
    }

    /**
     * Whether an exception only wraps its cause, as the pool's does. The pool's own text gives the waiting time, which
     * differs each time.
     */
    private static boolean isWrapping(Throwable e) {
        return !(e instanceof SQLException) || e instanceof SQLTransientConnectionException;
    }
}
