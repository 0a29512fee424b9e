package dev.cairn.run.failure;

import java.util.Set;

/** A step asks for a checkpoint engine that does not exist here. */
public final class UnknownEngineException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public UnknownEngineException(String name, Set<String> known) {
        super("checkpoint.engine: there is no engine '" + name + "' here; there are " + String.join(", ", known));
    }
}
