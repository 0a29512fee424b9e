package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.KeepOptions;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.retention.Garbage;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn gc}. */
@Command(name = "gc", description = "Removes what no resume needs: images of ended runs, and incomplete images.")
public final class GcCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            description = "Also removes runs that ended longer ago than this, e.g. 30d, failed ones too.")
    private @Nullable String olderThan;

    @Option(names = "--keep", paramLabel = "N", description = "Keeps only the newest N ended runs of each name.")
    private @Nullable Integer keep;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            description = "Limits the size of all ended runs together, e.g. 10G; removes the oldest first.")
    private @Nullable String maxBytes;

    @Option(names = "--dry-run", description = "Only shows what would be removed.")
    private boolean dryRun;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public GcCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        Runs runs = composition.runs();
        Garbage garbage = new Garbage(runs.home(), composition.clock(), KeepOptions.rules(olderThan, keep, maxBytes));
        List<Garbage.Item> removed = garbage.collect(dryRun);
        runs.sayUnreadable(garbage.passedOver());
        long bytes = removed.stream().mapToLong(Garbage.Item::bytes).sum();
        if (json) {
            Json.print(
                    composition.console().out(),
                    new JsonObject()
                            .put(
                                    "removed",
                                    removed.stream().map(GcCommand::json).toList())
                            .put("bytes", bytes));
        } else {
            removed.forEach(item -> composition
                    .console()
                    .out()
                    .println(item.path() + "  " + Sizes.text(item.bytes()) + "  " + item.why()));
            composition.console().say("cairn: " + (dryRun ? "would free " : "freed ") + Sizes.text(bytes));
        }
        return ExitCode.OK;
    }

    private static JsonObject json(Garbage.Item item) {
        return new JsonObject()
                .put("path", item.path())
                .put("bytes", item.bytes())
                .put("why", item.why());
    }
}
