package dev.cairn.workflow.spec;

/** The type of an input; written in lower case in the file. */
public enum InputType {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    /** A text among the {@code options}. */
    CHOICE,
    /** {@code 2024-02-29}. */
    DATE
}
