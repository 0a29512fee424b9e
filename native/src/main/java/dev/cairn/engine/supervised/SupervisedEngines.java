package dev.cairn.engine.supervised;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import java.util.List;

/** Makes the engines of this package. */
public final class SupervisedEngines {
    private SupervisedEngines() {}

    /**
     * The engines {@code native}, {@code app} and {@code none}.
     *
     * @throws EngineException if the native library or the supervisor cannot be found, unpacked or loaded
     */
    public static List<Checkpointer> all() throws EngineException {
        NativeFiles files = NativeFiles.locate();
        LibCairn.bind(files.library());
        return List.of(
                new SupervisedCheckpointer("native", true, files),
                new SupervisedCheckpointer("app", false, files),
                new SupervisedCheckpointer("none", false, files));
    }
}
