package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.schedule.Tick;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule trigger}. */
@Command(
        name = "trigger",
        description = "Starts a run of a schedule now. It may wait in the queue, but is never skipped.")
final class ScheduleTriggerCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow that has one.")
    private String name;

    @Option(
            names = "--time",
            paramLabel = "TIME",
            description = "The schedule.time of the run, such as 2026-03-29T02:00; now if not given.")
    private @Nullable String time;

    @Mixin
    private InputOptions inputs;

    @Mixin
    private StoreOptions store;

    ScheduleTriggerCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Tick tick = AddedSchedules.open(store, composition).trigger(name, Optional.ofNullable(time), inputs.values());
        composition.console().out().println(tick.key());
        if (store.url(composition).isEmpty()) {
            AddedSchedules.sayWhenNobodyWorks(composition);
        }
        return ExitCode.OK;
    }
}
