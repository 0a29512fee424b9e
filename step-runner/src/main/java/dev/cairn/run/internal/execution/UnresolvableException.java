package dev.cairn.run.internal.execution;

/** A step cannot be told what to do; the message says which part of it and what to do about it. The step fails. */
public final class UnresolvableException extends Exception {
    private static final long serialVersionUID = 1;

    public UnresolvableException(String message) {
        super(message);
    }
}
