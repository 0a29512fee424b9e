package dev.cairn.workflow.spec;

/** The source of a secret's value. The value is never part of a plan. */
public sealed interface SecretSource {

    /** A variable in the runner's environment. */
    record Variable(String name) implements SecretSource {}

    /** A file's content without trailing line ends. A relative path begins at the workflow's folder. */
    record File(String path) implements SecretSource {}
}
