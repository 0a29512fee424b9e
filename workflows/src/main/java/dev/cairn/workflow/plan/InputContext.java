package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is known before a run: its inputs. */
record InputContext(Map<String, Value> inputs) implements Context {

    @Override
    public Optional<Value> value(String context) {
        return context.equals("inputs") ? Optional.of(new Value.Fields(inputs)) : Optional.empty();
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
