package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.Dag;
import dev.cairn.airflow.DagQuery;
import dev.cairn.airflow.ImportError;
import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn airflow dags}. */
@Command(name = "dags", description = "Lists DAGs and import errors; pauses and unpauses DAGs.")
final class AirflowDagsCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final AirflowAccess access;

    @Parameters(index = "0", paramLabel = "CONNECTION", description = "Which Airflow.")
    private String connection;

    @Parameters(index = "1", arity = "0..1", paramLabel = "TEXT", description = "Only DAGs with this in their id.")
    private @Nullable String text;

    /** One or the other. */
    static final class Change {
        @Option(names = "--pause", paramLabel = "DAG", description = "Pause this DAG first.")
        private @Nullable String pause;

        @Option(names = "--unpause", paramLabel = "DAG", description = "Unpause this DAG first.")
        private @Nullable String unpause;
    }

    @ArgGroup
    private @Nullable Change change;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    AirflowDagsCommand(CompositionRoot composition, AirflowAccess access) {
        this.composition = composition;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, CliException {
        return access.use(connection, this::list);
    }

    private int list(AirflowClient airflow) throws IOException {
        if (change != null && change.pause != null) {
            airflow.dags().pause(change.pause, true);
        } else if (change != null && change.unpause != null) {
            airflow.dags().pause(change.unpause, false);
        }
        List<Dag> dags = airflow.dags()
                .list(text == null ? DagQuery.ALL : DagQuery.like(text))
                .toList();
        List<ImportError> errors = airflow.dags().importErrors().toList();
        if (json) {
            Json.print(
                    composition.console().out(),
                    new JsonObject()
                            .put(
                                    "dags",
                                    dags.stream()
                                            .map(AirflowDagsCommand::document)
                                            .toList())
                            .put(
                                    "import_errors",
                                    errors.stream()
                                            .map(error -> new JsonObject()
                                                    .put("file", error.file())
                                                    .put("reason", error.reason()))
                                            .toList()));
            return ExitCode.OK;
        }
        Table table = new Table("DAG", "PAUSED", "IMPORTED");
        dags.forEach(dag ->
                table.row(dag.id(), dag.paused() ? "paused" : "no", dag.importErrors() ? "with errors" : "well"));
        table.print(composition.console().out());
        errors.forEach(error -> composition.console().say("cairn: " + error.file() + ": " + error.reason()));
        return ExitCode.OK;
    }

    private static JsonObject document(Dag dag) {
        return new JsonObject()
                .put("dag", dag.id())
                .put("paused", dag.paused())
                .put("active", dag.active())
                .put("import_errors", dag.importErrors());
    }
}
