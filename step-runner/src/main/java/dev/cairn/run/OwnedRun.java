package dev.cairn.run;

import dev.cairn.run.internal.owner.Ownership;
import java.io.IOException;

/** Opens a run that this process now owns. */
@FunctionalInterface
interface OwnedRun {
    OpenResult open() throws IOException, InterruptedException;

    /** Opens the run, and releases it unless it is ready: otherwise a long-lived process would own it for ever. */
    static OpenResult orLetGo(Ownership ownership, OwnedRun owned) throws IOException, InterruptedException {
        OpenResult opening = null;
        try {
            opening = owned.open();
            return opening;
        } finally {
            if (!(opening instanceof OpenResult.Ready)) {
                ownership.close();
            }
        }
    }
}
