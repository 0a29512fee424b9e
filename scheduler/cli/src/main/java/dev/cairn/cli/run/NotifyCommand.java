package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.NotificationRetrier;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn notify}. */
@Command(
        name = "notify",
        description = "Retries undelivered notifications: of one run, or without NAME of all runs of the home.")
public final class NotifyCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "A run's id or key.")
    private @Nullable String name;

    @Option(names = "--timeout", paramLabel = "TIME", description = "How long to try for each run; 30s if not given.")
    private String timeout = "30s";

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public NotifyCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException, InterruptedException {
        Duration atMost = Durations.parse(timeout)
                .orElseThrow(() -> new CliException(ExitCode.USAGE, timeout + ": not a time such as 30s"));
        Runs runs = composition.runs();
        NotificationRetrier retrier = runs.runner().pendingNotifications();
        List<JsonObject> results = new ArrayList<>();
        boolean all = true;
        for (RunFolder run : name == null ? retrier.runs() : List.of(runs.find(name))) {
            List<String> undelivered = retry(runs, retrier, run, atMost);
            all &= undelivered.isEmpty();
            results.add(new JsonObject().put("run", run.runId()).put("undelivered", undelivered));
            if (!json) {
                composition
                        .console()
                        .out()
                        .println(run.runId() + "  "
                                + (undelivered.isEmpty()
                                        ? "delivered"
                                        : "not delivered: " + String.join("; ", undelivered)));
            }
        }
        if (json) {
            Json.print(composition.console().out(), new JsonObject().put("runs", results));
        }
        return all ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<String> retry(Runs runs, NotificationRetrier retrier, RunFolder run, Duration atMost)
            throws IOException, InterruptedException {
        Optional<OwnerRecord> owner = runs.ownerOf(run);
        return owner.isPresent()
                ? List.of("its runner, " + owner.get().describe() + ", delivers them")
                : retrier.tell(run, atMost, text -> composition.console().say("cairn: " + text));
    }
}
