package dev.cairn.workflow.spec;

/** The causes of an attempt's end that {@code retry.when} can name. The file has them in lower case. */
public enum RetryCause {
    FAILURE,
    TIMEOUT,
    OOM
}
