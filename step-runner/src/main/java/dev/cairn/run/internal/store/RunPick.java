package dev.cairn.run.internal.store;

import dev.cairn.run.manifest.RunManifest;
import java.util.List;

/** What a command line means for the newest existing run of its identity. */
public sealed interface RunPick {
    enum Plain implements RunPick {
        /** Go on with it. */
        CONTINUE,
        /** Ignore it and look at the one before it. */
        PASS,
        /** Ignore it and start a new one. */
        START_NEW,
        /** It has done what was asked; do nothing. */
        DONE
    }

    /** The identity belongs to a different run: do not touch it, and start nothing. One sentence per reason. */
    record Refuse(List<String> reasons) implements RunPick {}

    /** Decides for one run. */
    @FunctionalInterface
    interface Rule {
        RunPick of(RunManifest run);
    }
}
