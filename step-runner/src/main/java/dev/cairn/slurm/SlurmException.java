package dev.cairn.slurm;

/** One of Slurm's commands did not do what was asked; the message has its own words. */
public final class SlurmException extends Exception {
    private static final long serialVersionUID = 1;

    /** What the failure means for the caller. */
    public enum Kind {
        /** Slurm has decided against it; asking again changes nothing. */
        REFUSED,
        /** A limit on how many jobs may wait: later there is room. */
        FULL,
        /** Nothing was heard, or not in time: what was asked may or may not have been done. */
        UNCLEAR,
        /** The command is not there. */
        MISSING
    }

    private final Kind kind;

    SlurmException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
