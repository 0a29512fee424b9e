package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.DagQuery;
import dev.cairn.airflow.Health;
import dev.cairn.airflow.config.ConfigurationException;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn airflow check}. */
@Command(name = "check", description = "Checks connections: version, health, login.")
final class AirflowCheckCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final AirflowAccess access;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CONNECTION",
            description = "Only this connection; all if not given.")
    private @Nullable String connection;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    AirflowCheckCommand(CompositionRoot composition, AirflowAccess access) {
        this.composition = composition;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, CliException {
        List<JsonObject> documents = new ArrayList<>();
        int worst = ExitCode.OK;
        for (String name : names()) {
            try {
                worst = Math.max(worst, access.use(name, airflow -> check(name, airflow, documents)));
            } catch (CliException e) {
                worst = ExitCode.FAILED;
                say(name + ": " + e.getMessage());
                documents.add(new JsonObject()
                        .put("connection", name)
                        .put("ok", false)
                        .put("message", e.getMessage()));
            }
        }
        if (json) {
            Json.print(composition.console().out(), new JsonObject().put("connections", documents));
        }
        return worst;
    }

    private List<String> names() throws IOException, CliException {
        try {
            List<String> names =
                    connection == null ? List.copyOf(composition.airflow().names()) : List.of(connection);
            if (names.isEmpty()) {
                throw new CliException(
                        ExitCode.NOT_FOUND,
                        "there is no Airflow connection; scheduler/docs/airflow.md says how to name one");
            }
            return names;
        } catch (ConfigurationException e) {
            throw new CliException(ExitCode.USAGE, e.getMessage(), e);
        }
    }

    private int check(String name, AirflowClient airflow, List<JsonObject> documents) throws IOException {
        String version = airflow.version();
        Health health = airflow.health();
        // this call needs the login
        boolean any = airflow.dags().list(DagQuery.ALL).findFirst().isPresent();
        say(name + ": Airflow " + version + ", " + (health.isHealthy() ? "healthy" : "not healthy: " + parts(health))
                + ", login accepted"
                + (any ? "" : ", and no DAG to be seen"));
        documents.add(new JsonObject()
                .put("connection", name)
                .put("ok", health.isHealthy())
                .put("version", version)
                .put("health", health.statuses()));
        return health.isHealthy() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static String parts(Health health) {
        return health.statuses().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(part -> part.getKey() + " " + part.getValue())
                .collect(Collectors.joining(", "));
    }

    private void say(String line) {
        if (!json) {
            composition.console().out().println(line);
        }
    }
}
