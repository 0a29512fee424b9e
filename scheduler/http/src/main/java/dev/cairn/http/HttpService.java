package dev.cairn.http;

import dev.cairn.daemon.DaemonException;
import dev.cairn.daemon.HttpFront;
import dev.cairn.daemon.Runners;
import dev.cairn.daemon.Schedules;
import dev.cairn.http.access.Listening;
import dev.cairn.http.access.OneTimeCodes;
import dev.cairn.http.access.Tokens;
import dev.cairn.http.internal.airflow.AirflowApi;
import dev.cairn.http.internal.api.OwnApi;
import dev.cairn.http.internal.page.Pages;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.Homes;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpPort;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.event.RunListener;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StateFolder;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Serves the API and the pages. It is the {@link HttpFront} of a daemon, and serves one home alone for {@code cairn ui}.
 *
 * @param homes served besides those of schedules
 * @param version of this program
 */
public record HttpService(StateFolder folder, Listening where, List<Path> homes, String version, Clock clock)
        implements HttpFront {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    @Override
    public Open open(Daemon daemon) throws IOException, DaemonException {
        Database database = daemon.database();
        return open(
                () -> database.read(Tables::workflows).stream()
                        .map(ScheduledWorkflow::home)
                        .toList(),
                Optional.of(new Schedules(database, clock)),
                daemon.metrics(),
                daemon.runners(),
                daemon.listener(),
                daemon.tell());
    }

    /** What is served without a daemon. */
    public interface Own extends Open {
        /** An address that logs a browser in, once and soon. */
        String loginAddress();
    }

    /** Without schedules. */
    public Own open(Runners runners, Consumer<String> tell) throws IOException, DaemonException {
        return open(List::of, Optional.empty(), () -> "", runners, event -> {}, tell);
    }

    private Own open(
            Homes.Source scheduled,
            Optional<Schedules> schedules,
            Supplier<String> metrics,
            Runners runners,
            RunListener listener,
            Consumer<String> tell)
            throws IOException, DaemonException {
        Tokens tokens = Tokens.of(folder, clock);
        OneTimeCodes codes = new OneTimeCodes(clock);
        Homes known = new Homes(homes, scheduled, folder.path().resolve("http-homes"));
        ServedRuns runs = new ServedRuns(known);
        ActiveRuns active = new ActiveRuns(runners, known, folder.path().resolve("http-runs"), listener, tell);
        List<Route> routes = new ArrayList<>();
        routes.add(Route.get("/health", "Whether the server answers", request -> Response.text(200, PROMETHEUS, "ok\n"))
                .open());
        routes.add(Route.get(
                        "/metrics", "Metrics for Prometheus", request -> Response.text(200, PROMETHEUS, metrics.get()))
                .open());
        routes.addAll(new OwnApi(runs, active, runners, schedules, folder, version, clock).routes());
        routes.addAll(new AirflowApi(runs, active, runners, schedules, tokens, folder, version, clock).routes());
        routes.addAll(new Pages(runs, active, runners, schedules, tokens, codes, clock).routes());
        HttpPort open = HttpPort.open(where, routes, tokens, tell);
        active.resumeLeft();
        return new Opened(open, active, codes);
    }

    private record Opened(HttpPort port, ActiveRuns active, OneTimeCodes codes) implements Own {
        @Override
        public String address() {
            return port.address();
        }

        @Override
        public String loginAddress() {
            return port.address() + "/login?code=" + codes.issue();
        }

        @Override
        public void stopRuns() {
            active.stop();
        }

        @Override
        public void close() {
            active.close();
            port.close();
        }
    }
}
