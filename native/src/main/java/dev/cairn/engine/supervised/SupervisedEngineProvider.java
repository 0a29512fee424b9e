package dev.cairn.engine.supervised;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.EngineProvider;
import java.util.List;

/** Offers the engines of {@link SupervisedEngines}. */
public final class SupervisedEngineProvider implements EngineProvider {
    @Override
    public List<Checkpointer> engines() throws EngineException {
        return SupervisedEngines.all();
    }
}
