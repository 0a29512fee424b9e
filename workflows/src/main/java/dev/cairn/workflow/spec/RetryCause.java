package dev.cairn.workflow.spec;

/** The ends of an attempt that {@code retry.when} can name; in the file in lower case. */
public enum RetryCause {
    FAILURE,
    TIMEOUT,
    OOM
}
