package dev.cairn.http;

import dev.cairn.http.internal.page.Report;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Clock;

/** The report of a run for a browser. Stateless; any thread. */
public final class RunReport {
    private RunReport() {}

    /** One HTML document that needs no network. */
    public static String html(RunManifest run, Clock clock) throws IOException {
        return Report.of(run, clock.instant());
    }
}
