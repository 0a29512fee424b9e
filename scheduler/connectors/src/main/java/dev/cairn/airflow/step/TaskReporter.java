package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.TaskInstance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/** Writes to the step's log what has changed in a DAG run since the last line and, on request, the tasks' own logs. */
final class TaskReporter {
    private final AirflowClient airflow;
    private final AttemptFile attempt;
    private final DagRunSpec order;
    private final StepLog log;

    TaskReporter(AirflowClient airflow, AttemptFile attempt, DagRunSpec order, StepLog log) {
        this.airflow = airflow;
        this.attempt = attempt;
        this.order = order;
        this.log = log;
    }

    /** @return the present state of all tasks */
    List<TaskInstance> tell(DagRun run) throws IOException {
        List<TaskInstance> tasks = tasks(run);
        boolean news = isNews("", run.state().text());
        if (news) {
            log.say("DAG run " + run.id() + ": " + run.state());
        }
        for (TaskInstance task : tasks) {
            news |= tell(run, task);
        }
        if (news) {
            attempt.saveUnsynced();
        }
        return tasks;
    }

    private List<TaskInstance> tasks(DagRun run) throws IOException {
        try {
            return airflow.taskInstances().list(order.dag(), run.id()).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private boolean tell(DagRun run, TaskInstance task) throws IOException {
        String state = task.state().toString();
        if (state.equals("none") || !isNews(task.name(), state + " " + task.tryNumber())) {
            return false;
        }
        log.say("task " + task.name() + ": " + state + (task.tryNumber() > 1 ? " (try " + task.tryNumber() + ")" : ""));
        boolean hasRun = task.tryNumber() > 0 && (task.state().isFinal() || state.equals("up_for_retry"));
        if (order.logs() && hasRun && isNews(task.name() + " log", Integer.toString(task.tryNumber()))) {
            quote(run, task);
        }
        return true;
    }

    private void quote(DagRun run, TaskInstance task) throws IOException {
        try {
            log.quote(
                    task.name(),
                    airflow.logs().readAll(order.dag(), run.id(), task.taskId(), task.mapIndex(), task.tryNumber()));
        } catch (AirflowException e) {
            log.say("the log of task " + task.name() + " is not to be had: " + e.getMessage());
        }
    }

    private boolean isNews(String about, String text) {
        if (attempt.told().path(about).asString("").equals(text)) {
            return false;
        }
        attempt.told().put(about, text);
        return true;
    }

    /** Names the failed tasks, for a message. */
    static String failed(List<TaskInstance> tasks) {
        return tasks.stream()
                .filter(task -> task.state().text().equals("failed"))
                .map(TaskInstance::name)
                .limit(10)
                .collect(Collectors.joining(", "));
    }
}
