package dev.cairn.workflow.spec;

/** A text that may be a secret, and is then given by reference only. */
public sealed interface MaybeSecret {

    record Plain(String text) implements MaybeSecret {}

    record Secret(SecretSource source) implements MaybeSecret {}
}
