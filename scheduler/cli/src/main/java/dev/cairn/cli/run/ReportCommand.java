package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Json;
import dev.cairn.cli.shared.JsonObject;
import dev.cairn.cli.shared.Runs;
import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code cairn report}. */
@Command(name = "report", description = "Shows the timeline of a run over all its attempts and hosts, and its totals.")
public final class ReportCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Option(names = "--json", description = "As one JSON document.")
    private boolean json;

    public ReportCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    private record Entry(Instant at, String step, String what, String detail) {
        static Entry of(ObjectNode line) {
            return new Entry(
                    Instant.parse(line.path("at").asString(Instant.EPOCH.toString())),
                    line.path("step").asString(""),
                    line.path("event").asString(""),
                    line.path("text").asString(""));
        }
    }

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        List<Entry> timeline = timeline(run);
        RunTotals totals = RunTotals.of(run, runs.steps(run));
        if (json) {
            Json.print(
                    composition.console().out(),
                    new JsonObject()
                            .put("run", ManifestJson.run(run, runs.ownerOf(run.folder())))
                            .put(
                                    "timeline",
                                    timeline.stream().map(ReportCommand::json).toList())
                            .put("totals", totals.json()));
        } else {
            timeline.forEach(this::print);
            composition.console().out().println();
            totals.print(composition.console().out());
        }
        return ExitCode.OK;
    }

    /** What the run has seen, and what the jobs of its steps have, in one order. */
    private static List<Entry> timeline(RunManifest run) throws IOException {
        List<Entry> entries = new ArrayList<>(entries(run.folder()));
        for (String step : run.steps().keySet()) {
            entries(run.folder().ofJob(step)).stream()
                    .filter(entry -> !entry.step().isEmpty())
                    .forEach(entries::add);
        }
        entries.sort(Comparator.comparing(Entry::at)); // which keeps the order of those of one instant
        return entries;
    }

    private static List<Entry> entries(RunFolder folder) throws IOException {
        return JsonLines.read(folder.events()).stream().map(Entry::of).toList();
    }

    private void print(Entry entry) {
        composition
                .console()
                .out()
                .println(HumanText.time(entry.at()) + "  " + (entry.step().isEmpty() ? "" : entry.step() + ": ")
                        + entry.detail());
    }

    private static JsonObject json(Entry entry) {
        return new JsonObject()
                .put("at", entry.at())
                .put("step", entry.step().isEmpty() ? null : entry.step())
                .put("what", entry.what())
                .put("detail", entry.detail());
    }
}
