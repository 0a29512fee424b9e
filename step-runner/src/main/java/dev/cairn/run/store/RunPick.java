package dev.cairn.run.store;

import dev.cairn.run.manifest.RunManifest;

/** What a line on the command line means for the newest run of its identity that is there. */
public enum RunPick {
    /** Go on with it. */
    CONTINUE,
    /** Let it be and look at the one before it. */
    PASS,
    /** Let it be and start a new one. */
    START_NEW,
    /** It is what was wanted; do nothing. */
    DONE;

    /** Decides for one run. */
    @FunctionalInterface
    public interface Rule {
        RunPick of(RunManifest run);
    }
}
