package dev.cairn.run.owner;

import java.io.IOException;
import java.nio.file.Path;

/** Another process has taken the run over; what this one would write is refused. */
public final class OwnershipLostException extends IOException {
    private static final long serialVersionUID = 1;

    OwnershipLostException(Path runFolder, long epoch) {
        super(runFolder + ": this process owned the run in epoch " + epoch
                + ", and another has taken it over since. It writes nothing more; the steps go on under the new owner");
    }
}
