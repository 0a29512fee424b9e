package dev.cairn.run.internal.store;

import dev.cairn.run.manifest.RunManifest;
import java.util.List;

/** What a line on the command line means for the newest run of its identity that is there. */
public sealed interface RunPick {
    enum Plain implements RunPick {
        /** Go on with it. */
        CONTINUE,
        /** Let it be and look at the one before it. */
        PASS,
        /** Let it be and start a new one. */
        START_NEW,
        /** It is what was wanted; do nothing. */
        DONE
    }

    /** The identity belongs to a different run: leave it alone, and start nothing. One sentence per reason. */
    record Refuse(List<String> reasons) implements RunPick {}

    /** Decides for one run. */
    @FunctionalInterface
    interface Rule {
        RunPick of(RunManifest run);
    }
}
