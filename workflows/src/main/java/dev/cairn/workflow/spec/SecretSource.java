package dev.cairn.workflow.spec;

/** Where a secret's value comes from; its value is never part of a plan. */
public sealed interface SecretSource {

    /** A variable in the runner's environment. */
    record Variable(String name) implements SecretSource {}

    /** A file's content without the line ends at its end; a relative path begins at the workflow's folder. */
    record File(String path) implements SecretSource {}
}
