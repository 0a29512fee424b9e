package dev.cairn.run;

import dev.cairn.run.owner.Ownership;
import java.io.IOException;

/** How a run that is ours by now is opened. */
@FunctionalInterface
interface OwnedOpening {
    Opening open() throws IOException, InterruptedException;

    /** Opens it, and lets go of it again unless it is ready: a process that lives on would hold it for ever. */
    static Opening orLetGo(Ownership ownership, OwnedOpening owned) throws IOException, InterruptedException {
        Opening opening = null;
        try {
            opening = owned.open();
            return opening;
        } finally {
            if (!(opening instanceof Opening.Ready)) {
                ownership.close();
            }
        }
    }
}
