package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.TaskInstance;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn airflow logs}. */
@Command(name = "logs", description = "Prints the task logs of a DAG run's last tries.")
final class AirflowLogsCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final AirflowAccess access;

    @Parameters(index = "0", paramLabel = "CONNECTION", description = "Which Airflow.")
    private String connection;

    @Parameters(index = "1", paramLabel = "DAG", description = "Which DAG.")
    private String dag;

    @Parameters(index = "2", paramLabel = "RUN", description = "Which DAG run.")
    private String run;

    @Parameters(index = "3", arity = "0..1", paramLabel = "TASK", description = "Only this task.")
    private @Nullable String task;

    @Option(names = "--try", paramLabel = "N", description = "This try instead of the last.")
    private int tryNumber;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    AirflowLogsCommand(CompositionRoot composition, AirflowAccess access) {
        this.composition = composition;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, CliException {
        return access.use(connection, this::print);
    }

    private int print(AirflowClient airflow) throws IOException, CliException {
        List<TaskInstance> tasks = airflow.taskInstances()
                .list(dag, run)
                .filter(instance -> task == null || task.equals(instance.taskId()))
                .toList();
        if (tasks.isEmpty()) {
            airflow.dagRuns().get(dag, run); // Airflow 2 returns an empty list for a missing run
        }
        if (task != null && tasks.isEmpty()) {
            throw new CliException(ExitCode.NOT_FOUND, "DAG run " + run + " of " + dag + " has no task " + task);
        }
        List<JsonObject> documents = new ArrayList<>();
        for (TaskInstance instance : tasks) {
            int number = tryNumber > 0 ? tryNumber : instance.tryNumber();
            if (number > 0) {
                List<String> lines = airflow.logs().readAll(dag, run, instance.taskId(), instance.mapIndex(), number);
                tell(instance, lines);
                documents.add(new JsonObject()
                        .put("task", instance.taskId())
                        .put("map_index", instance.mapIndex())
                        .put("try", number)
                        .put("lines", lines));
            }
        }
        if (json) {
            Json.print(composition.console().out(), new JsonObject().put("logs", documents));
        }
        return ExitCode.OK;
    }

    /** If there are several tasks, each line begins with the task's name. */
    private void tell(TaskInstance instance, List<String> lines) {
        if (!json) {
            String before = task == null ? instance.name() + " | " : "";
            lines.forEach(line -> composition.console().out().println(before + line));
        }
    }
}
