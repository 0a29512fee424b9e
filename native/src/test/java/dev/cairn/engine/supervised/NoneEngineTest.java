package dev.cairn.engine.supervised;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.CheckpointerContract;
import dev.cairn.engine.StepProcess;
import java.nio.file.Path;

final class NoneEngineTest extends CheckpointerContract {
    @Override
    protected Checkpointer engine() {
        return EnginesUnderTest.named("none");
    }

    /** The step's beginning. */
    @Override
    protected Path save(StepProcess step) {
        return steps().image(0);
    }
}
