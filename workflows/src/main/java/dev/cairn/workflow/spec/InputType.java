package dev.cairn.workflow.spec;

/** What an input can be; in the file in lower case. */
public enum InputType {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    /** One of the {@code options}. */
    CHOICE,
    /** {@code 2024-02-29}. */
    DATE
}
