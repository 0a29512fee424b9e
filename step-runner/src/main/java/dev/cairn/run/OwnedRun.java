package dev.cairn.run;

import dev.cairn.run.internal.owner.Ownership;
import java.io.IOException;

/** How a run that is ours by now is opened. */
@FunctionalInterface
interface OwnedRun {
    OpenResult open() throws IOException, InterruptedException;

    /** Opens it, and lets go of it again unless it is ready: a process that lives on would hold it for ever. */
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
