package dev.cairn.workflow.expression;

import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A context with values that are known before a run, such as its inputs. Immutable. */
public record FixedContext(Map<String, Value> contexts) implements Context {

    public FixedContext {
        contexts = Map.copyOf(contexts);
    }

    /** @param name the name of the context, such as {@code inputs} */
    public static FixedContext of(String name, Map<String, Value> fields) {
        return new FixedContext(Map.of(name, new Value.Fields(fields)));
    }

    @Override
    public Optional<Value> value(String context) {
        return Optional.ofNullable(contexts.get(context));
    }

    @Override
    public Optional<Value> step(String id) {
        return Optional.empty();
    }

    @Override
    public Upstream upstream() {
        return Upstream.WELL;
    }

    @Override
    public String read(String path) throws IOException {
        throw new IOException("no step has run yet");
    }

    @Override
    public List<String> glob(String pattern) throws IOException {
        throw new IOException("no step has run yet");
    }
}
