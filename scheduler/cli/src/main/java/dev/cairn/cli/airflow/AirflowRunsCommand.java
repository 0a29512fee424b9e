package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.DagRunQuery;
import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn airflow runs}. */
@Command(name = "runs", description = "Lists DAG runs, newest first.")
final class AirflowRunsCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final AirflowAccess access;

    @Parameters(index = "0", paramLabel = "CONNECTION", description = "Which Airflow.")
    private String connection;

    @Parameters(index = "1", arity = "0..1", paramLabel = "DAG", description = "Only runs of this DAG.")
    private @Nullable String dag;

    @Option(names = "-n", paramLabel = "N", defaultValue = "20", description = "At most this many; 20 if not given.")
    private int limit = 20;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    AirflowRunsCommand(CompositionRoot composition, AirflowAccess access) {
        this.composition = composition;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, CliException {
        return access.use(connection, this::list);
    }

    private int list(AirflowClient airflow) throws IOException {
        List<DagRun> runs = airflow.dagRuns()
                .list(new DagRunQuery(Optional.ofNullable(dag), List.of()))
                .limit(Math.max(0, limit))
                .toList();
        if (dag != null && runs.isEmpty()) {
            airflow.dags().get(dag); // Airflow 2 returns an empty list for a missing DAG
        }
        if (json) {
            Json.print(
                    composition.console().out(),
                    new JsonObject()
                            .put(
                                    "runs",
                                    runs.stream()
                                            .map(AirflowRunsCommand::document)
                                            .toList()));
            return ExitCode.OK;
        }
        Table table = new Table("DAG", "DAG RUN", "STATE", "STARTED", "ENDED");
        runs.forEach(run -> table.row(
                run.dagId(),
                run.id(),
                run.state().text(),
                run.start().map(HumanText::time).orElse("-"),
                run.end().map(HumanText::time).orElse("-")));
        table.print(composition.console().out());
        return ExitCode.OK;
    }

    static JsonObject document(DagRun run) {
        return new JsonObject()
                .put("dag", run.dagId())
                .put("dag_run", run.id())
                .put("state", run.state().text())
                .put("logical_date", run.logicalDate())
                .put("started", run.start())
                .put("ended", run.end());
    }
}
