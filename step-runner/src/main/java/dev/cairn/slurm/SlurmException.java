package dev.cairn.slurm;

/** A Slurm command failed. The message holds the command's own words. */
public final class SlurmException extends Exception {
    private static final long serialVersionUID = 1;

    /** What the failure means for the caller. */
    public enum Kind {
        /** Slurm has refused the request; another try gives the same result. */
        REFUSED,
        /** A limit on waiting jobs was reached; later there is room. */
        FULL,
        /** No answer came in time. Slurm may have carried out the request or not. */
        UNCLEAR,
        /** The command does not exist here. */
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
