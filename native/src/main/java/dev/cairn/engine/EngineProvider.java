package dev.cairn.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Offers checkpoint engines to programs that use all engines on the class path. Found by {@link ServiceLoader}. */
public interface EngineProvider {
    /** @throws EngineException if a library or program of the engines cannot be found or loaded */
    List<Checkpointer> engines() throws EngineException;

    /** The engines of all providers that the class loader of this class finds. */
    static List<Checkpointer> installed() throws EngineException {
        List<Checkpointer> engines = new ArrayList<>();
        for (EngineProvider provider :
                ServiceLoader.load(EngineProvider.class, EngineProvider.class.getClassLoader())) {
            engines.addAll(provider.engines());
        }
        return engines;
    }
}
