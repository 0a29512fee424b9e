package dev.cairn.engine.supervised;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;

/** The engines as every user gets them. */
final class EnginesUnderTest {
    private EnginesUnderTest() {}

    static Checkpointer named(String name) {
        try {
            return SupervisedEngines.all().stream()
                    .filter(engine -> engine.name().equals(name))
                    .findFirst()
                    .orElseThrow();
        } catch (EngineException e) {
            throw new AssertionError(e);
        }
    }
}
