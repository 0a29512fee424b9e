package dev.cairn.engine.supervised;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.AppCheckpoints;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.ImagingCheckpointerContract;
import dev.cairn.engine.LaunchBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

final class AppEngineTest extends ImagingCheckpointerContract {
    @Override
    protected Checkpointer engine() {
        return EnginesUnderTest.named("app");
    }

    @Override
    protected LaunchBuilder adapt(LaunchBuilder launch) {
        return launch.app(
                new AppCheckpoints(Optional.of("USR1"), List.of("state"), Optional.empty(), Duration.ofMillis(20)));
    }

    /** Between the moment when the program saved and the one when that was seen, it may have printed a line. */
    @Override
    protected void assertLog(List<String> lines) {
        assertThat(lines.stream().distinct()).containsExactlyElementsOf(counted("counted "));
    }
}
