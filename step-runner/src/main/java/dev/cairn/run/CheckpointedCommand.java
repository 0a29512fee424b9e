package dev.cairn.run;

import java.util.List;

/**
 * A command to be run as a checkpointed step, for {@link StepRunner#exec}.
 *
 * <pre>{@code
 * CheckpointedCommand.of("python3", "count.py").named("count").every(Duration.ofMinutes(5))
 * }</pre>
 */
public final class CheckpointedCommand extends CommandBuilder<CheckpointedCommand> {
    private CheckpointedCommand(List<String> words) {
        super(words);
    }

    /** The program, found by PATH, and its arguments; in the current folder, checkpointed as often as is worthwhile. */
    public static CheckpointedCommand of(List<String> words) {
        return new CheckpointedCommand(words);
    }

    /** Likewise, word by word. */
    public static CheckpointedCommand of(String... words) {
        return of(List.of(words));
    }

    @Override
    CheckpointedCommand self() {
        return this;
    }
}
