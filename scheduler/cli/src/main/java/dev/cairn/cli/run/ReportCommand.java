package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.RunOrNewest;
import dev.cairn.cli.shared.Runs;
import dev.cairn.http.RunReport;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.UndoneFiles;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.run.view.RunTotals;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cairn report}. */
@Command(name = "report", description = "Shows the timeline of a run over all its attempts and hosts, and its totals.")
public final class ReportCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Mixin
    private RunOrNewest named;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    @Option(names = "--html", description = "Prints one HTML document with the timeline and logs, for a browser.")
    private boolean html;

    public ReportCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunManifest run = RunManifest.read(named.find(runs));
        if (html) {
            composition.console().out().print(RunReport.html(run, composition.clock()));
            return ExitCode.OK;
        }
        List<RunTimeline.Entry> timeline = RunTimeline.of(run);
        RunTotals totals = RunTotals.of(run, runs.steps(run));
        if (json) {
            Json.print(
                    composition.console().out(),
                    new JsonObject()
                            .put("run", RunJson.run(run, runs.ownerOf(run.folder())))
                            .put(
                                    "timeline",
                                    timeline.stream()
                                            .map(RunTimeline.Entry::json)
                                            .toList())
                            .put("totals", totals.json()));
        } else {
            timeline.forEach(this::print);
            composition.console().out().println();
            print(totals, composition.console().out());
        }
        return ExitCode.OK;
    }

    private void print(RunTimeline.Entry entry) {
        composition
                .console()
                .out()
                .println(HumanText.time(entry.at()) + "  "
                        + entry.step().map(step -> step + ": ").orElse("") + entry.detail());
    }

    private static void print(RunTotals totals, PrintStream out) {
        out.println(totals.attempts() + (totals.attempts() == 1 ? " attempt, " : " attempts, ") + totals.resumed()
                + " of them from an image; steps ran " + HumanText.span(totals.running()) + " in "
                + HumanText.span(totals.wall())
                + (totals.repeated().isZero() ? "" : ", up to " + HumanText.span(totals.repeated()) + " of it again")
                + (totals.rolledBackFiles() == 0
                        ? ""
                        : ", rolled back " + UndoneFiles.text(totals.rolledBackFiles(), totals.rolledBackBytes()))
                + (totals.unended() == 0
                        ? ""
                        : ", not counting " + totals.unended() + " that " + (totals.unended() == 1 ? "has" : "have")
                                + " not ended"));
    }
}
