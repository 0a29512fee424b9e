package dev.cairn.run.failure;

import java.io.IOException;
import java.nio.file.Path;

/** This process no longer owns the run, so its writes are refused. */
public final class OwnershipLostException extends IOException {
    private static final long serialVersionUID = 1;

    private OwnershipLostException(String message) {
        super(message);
    }

    public static OwnershipLostException takenOver(Path runFolder, long epoch) {
        return new OwnershipLostException(
                runFolder + ": this process owned the run in epoch " + epoch
                        + ", and another runner has taken it over since. This runner writes nothing more; the steps keep running under the new owner");
    }

    public static OwnershipLostException letGo(Path runFolder, long epoch) {
        return new OwnershipLostException(
                runFolder + ": this process owned the run in epoch " + epoch + " and has let go of it");
    }
}
