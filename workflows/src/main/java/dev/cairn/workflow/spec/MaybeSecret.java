package dev.cairn.workflow.spec;

/** A text that may be a secret. A secret is given only by reference. */
public sealed interface MaybeSecret {

    record Plain(String text) implements MaybeSecret {}

    record Secret(SecretSource source) implements MaybeSecret {}
}
