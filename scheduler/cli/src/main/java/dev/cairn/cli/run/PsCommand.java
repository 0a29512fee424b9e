package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.files.DocumentException;
import dev.cairn.files.UntrustedException;
import dev.cairn.files.WriteFailure;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn ps}. */
@Command(name = "ps", description = "Lists the unfinished runs, newest first.")
public final class PsCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Option(
            names = {"-a", "--all"},
            description = "Also lists finished runs.")
    private boolean all;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            split = ",",
            description = "Lists only runs in one of these states, also finished ones: ${COMPLETION-CANDIDATES}.",
            completionCandidates = States.class)
    private List<String> states = List.of();

    @Option(
            names = "--name",
            paramLabel = "TEXT",
            description = "Lists only runs whose key, name or id contains this text.")
    private String text = "";

    @Option(
            names = "--since",
            paramLabel = "DURATION",
            description = "Lists only runs that were started within this time, such as 12h or 7d.")
    private @Nullable String since;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "COUNT",
            description = "Lists at most this many runs, the newest.")
    private int count = Integer.MAX_VALUE;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public PsCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    /**
     * @param frozen its steps that are frozen because their lease cannot be renewed, each with the time since the last
     *     renewal
     */
    private record Line(RunManifest run, Optional<OwnerRecord> owner, Map<String, Duration> frozen) {}

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunStore.Listing listing = runs.store().list();
        List<IOException> unreadable = new ArrayList<>(listing.unreadable());
        List<Line> lines = new ArrayList<>();
        Predicate<RunManifest> wanted = wanted();
        for (RunManifest run :
                listing.runs().stream().filter(wanted).limit(Math.max(0, count)).toList()) {
            lines.add(new Line(run, owner(run, runs, unreadable), runs.frozen(run)));
        }
        if (json) {
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put(
                                    "runs",
                                    lines.stream()
                                            .map(line -> RunJson.run(line.run(), line.owner())
                                                    .put("frozen", RunJson.frozen(line.frozen())))
                                            .toList()));
        } else {
            print(lines);
        }
        runs.sayUnreadable(unreadable);
        return unreadable.isEmpty() ? ExitCode.OK : ExitCode.IO;
    }

    private Predicate<RunManifest> wanted() throws CliException {
        Set<RunState> asked = EnumSet.noneOf(RunState.class);
        for (String state : states) {
            asked.add(States.parse(state));
        }
        Instant oldest =
                since == null ? Instant.MIN : composition.clock().instant().minus(duration(since));
        return run -> (asked.isEmpty() ? all || !run.state().isFinal() : asked.contains(run.state()))
                && !run.createdAt().isBefore(oldest)
                && Stream.of(run.id(), run.origin().name(), run.origin().key().orElse(""))
                        .anyMatch(name -> name.contains(text));
    }

    private static Duration duration(String given) throws CliException {
        return Durations.parse(given)
                .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "--since " + given + ": not a duration such as 12h or 7d"));
    }

    /** The states of runs in their written form. */
    static final class States implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.of(RunState.values()).map(RunState::wire).iterator();
        }

        static RunState parse(String text) throws CliException {
            return Stream.of(RunState.values())
                    .filter(state -> state.wire().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new CliException(
                            ExitCode.USAGE,
                            "--state " + text + ": there is no such state; there are "
                                    + String.join(", ", new States())));
        }
    }

    private static Optional<OwnerRecord> owner(RunManifest run, Runs runs, List<IOException> unreadable)
            throws IOException {
        try {
            return runs.ownerOf(run.folder());
        } catch (DocumentException | UntrustedException e) {
            unreadable.add(e);
            return Optional.empty();
        }
    }

    private void print(List<Line> lines) {
        if (lines.isEmpty()) {
            boolean narrowed = !states.isEmpty() || !text.isEmpty() || since != null;
            console.say(narrowed ? "no such runs" : all ? "no runs" : "no unfinished runs; --all lists the others");
            return;
        }
        Table table = new Table("RUN", "STATE", "STEPS", "STARTED", "RUNNER");
        for (Line line : lines) {
            RunManifest run = line.run();
            long done = run.steps().values().stream()
                    .filter(step -> step.state() == StepState.SUCCEEDED)
                    .count();
            table.row(
                    run.origin().key().orElse(run.id()),
                    state(line),
                    done + "/" + run.steps().size(),
                    HumanText.time(run.createdAt()),
                    line.owner().map(OwnerRecord::describe).orElse("-"));
        }
        table.print(console.out());
    }

    /**
     * Explains a state that may be outdated. A run whose manifest cannot be written may be further than it says. A
     * manifest says "running" without an owner if the runner died.
     */
    private static String state(Line line) {
        Optional<WriteFailure> failure = line.owner().flatMap(OwnerRecord::cannotWrite);
        if (failure.isPresent()) {
            return line.run().state().wire() + ", " + HumanText.failure(failure.get());
        }
        if (!line.frozen().isEmpty()) {
            return line.run().state().wire() + ", "
                    + line.frozen().entrySet().stream()
                            .map(step -> "step " + line.run().label(step.getKey())
                                    + " frozen: its lease was not renewed for " + HumanText.span(step.getValue()))
                            .collect(Collectors.joining(", "));
        }
        boolean abandoned = !line.run().state().isFinal()
                && line.run().state() == RunState.RUNNING
                && line.owner().isEmpty();
        return abandoned ? "running (no runner)" : line.run().state().wire();
    }
}
