package dev.cairn.cli;

import dev.cairn.cli.display.Words;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn gc}. */
@Command(name = "gc", description = "Removes what no resume can need: images of ended runs, and broken-off ones.")
final class GcCommand implements Callable<Integer> {
    private final Composition composition;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            description = "Also whole runs that ended so long ago, e.g. 30d; failed ones too.")
    private @Nullable String olderThan;

    @Option(names = "--dry-run", description = "Only says what would be removed.")
    private boolean dryRun;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    GcCommand(Composition composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        Runs runs = composition.runs();
        List<Garbage.Item> removed = new Garbage(runs, composition.clock(), age()).collect(dryRun);
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
                    .println(item.path() + "  " + Words.bytes(item.bytes()) + "  " + item.why()));
            composition.console().say("cairn: " + (dryRun ? "would free " : "freed ") + Words.bytes(bytes));
        }
        return ExitCode.OK;
    }

    private Optional<Duration> age() throws CliException {
        if (olderThan == null) {
            return Optional.empty();
        }
        Optional<Duration> age = Durations.parse(olderThan);
        if (age.isEmpty()) {
            throw new CliException(ExitCode.USAGE, "--older-than " + olderThan + ": not an age such as 12h or 30d");
        }
        return age;
    }

    private static JsonObject json(Garbage.Item item) {
        return new JsonObject()
                .put("path", item.path())
                .put("bytes", item.bytes())
                .put("why", item.why());
    }
}
