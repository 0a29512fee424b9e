package dev.cairn.http.internal.page;

import dev.cairn.http.internal.runs.LogPart;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.run.view.RunTotals;
import gg.jte.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A run as one HTML document that needs no network: its timeline, its attempts, and the ends of its logs. Stateless; any thread. */
public final class Report {
    /** Bytes of each log. */
    private static final int SHOWN = 64 * 1024;

    private Report() {}

    /** A step with the ends of its logs, in which secrets are masked. */
    public record StepLogs(StepManifest step, String stdout, String stderr) {}

    public static String of(RunManifest run, Instant now) throws IOException {
        List<StepManifest> steps = RunStore.steps(run);
        List<StepLogs> logs = new ArrayList<>();
        for (StepManifest step : steps) {
            logs.add(new StepLogs(step, end(step.folder(), false), end(step.folder(), true)));
        }
        String css = Templates.resource("cairn.css");
        Content style = output -> output.writeContent("<style>\n" + css + "</style>");
        Map<String, Object> values = new HashMap<>();
        values.put("run", run);
        values.put("steps", logs);
        values.put("lanes", Swimlanes.of(run, steps, RunTimeline.of(run), now));
        values.put("totals", RunTotals.of(run, steps));
        values.put("saved", WorkSaved.of(steps));
        values.put("written", now.toString());
        values.put("style", style);
        return Templates.html("report", values);
    }

    private static String end(StepFolder step, boolean stderr) throws IOException {
        long size = LogPart.read(step, stderr, 0, 0).size();
        LogPart part = LogPart.read(step, stderr, Math.max(0, size - SHOWN), SHOWN);
        return (part.from() > 0 ? "... " + part.from() + " bytes before this ...\n" : "")
                + new String(part.text(), StandardCharsets.UTF_8);
    }
}
