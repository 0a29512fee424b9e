package dev.cairn.run.internal.execution;

/** A step cannot be resolved to a command; the message says which part is wrong and what to do. The step fails. */
public final class UnresolvableException extends Exception {
    private static final long serialVersionUID = 1;

    public UnresolvableException(String message) {
        super(message);
    }
}
