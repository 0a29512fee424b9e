package dev.cairn.http.internal.airflow;

import dev.cairn.daemon.Schedules;
import dev.cairn.http.internal.runs.RunSummary;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Workflows as DAGs: those that have schedules, and those that have runs in the homes. Thread-safe. */
final class Dags {
    private final ServedRuns runs;
    private final Optional<Schedules> schedules;

    Dags(ServedRuns runs, Optional<Schedules> schedules) {
        this.runs = runs;
        this.schedules = schedules;
    }

    /**
     * A DAG.
     *
     * @param home the home of its runs
     * @param entries its schedules
     * @param problem why its file could not be loaded; empty if it was loaded
     */
    record Dag(String id, Path file, Path home, List<ScheduleEntry> entries, String problem) {
        boolean isPaused() {
            return !entries.isEmpty() && entries.stream().allMatch(ScheduleEntry::paused);
        }
    }

    /** By id. */
    List<Dag> all() throws IOException {
        Map<String, Dag> dags = new TreeMap<>();
        for (ServedRuns.Seen seen : runs.list().runs()) {
            String name = seen.summary().name();
            seen.summary()
                    .workflow()
                    .ifPresent(file -> dags.putIfAbsent(
                            name, new Dag(name, file, seen.home().path(), List.of(), "")));
        }
        if (schedules.isPresent()) {
            List<ScheduleEntry> entries = schedules.get().database().read(Tables::schedules);
            for (ScheduledWorkflow workflow : schedules.get().database().read(Tables::workflows)) {
                dags.put(
                        workflow.id(),
                        new Dag(
                                workflow.id(),
                                workflow.file(),
                                workflow.home(),
                                entries.stream()
                                        .filter(entry -> entry.workflow().equals(workflow.id()))
                                        .toList(),
                                workflow.problem()));
            }
        }
        return new ArrayList<>(dags.values());
    }

    Dag get(String id) throws IOException, HttpError {
        return all().stream()
                .filter(dag -> dag.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new HttpError(404, "The Dag with ID: `" + id + "` was not found"));
    }

    /** @throws RequestException if it has no schedule */
    void pause(Dag dag, boolean paused) throws IOException {
        if (dag.entries().isEmpty() || schedules.isEmpty()) {
            throw new RequestException(
                    RequestException.Kind.UNAVAILABLE,
                    "workflow " + dag.id() + " has no schedule to pause; add it with: cairn schedule add FILE");
        }
        if (paused) {
            schedules.get().pause(dag.id(), false);
        } else {
            schedules.get().unpause(dag.id());
        }
    }

    /** The runs of workflows, newest first. */
    List<ServedRuns.Found> runs(Optional<String> dagId) throws IOException {
        List<ServedRuns.Found> found = new ArrayList<>();
        for (ServedRuns.Seen seen : runs.list(run -> isOf(run, dagId), Optional.empty(), Integer.MAX_VALUE)
                .runs()) {
            seen.found().ifPresent(found::add);
        }
        return found;
    }

    private static boolean isOf(RunSummary run, Optional<String> dagId) {
        return run.workflow().isPresent() && dagId.map(run.name()::equals).orElse(true);
    }

    ServedRuns.Found run(String dagId, String runId) throws IOException, HttpError {
        return find(dagId, runId)
                .orElseThrow(() -> new HttpError(
                        404, "The DagRun with dag_id: `" + dagId + "` and run_id: `" + runId + "` was not found"));
    }

    Optional<ServedRuns.Found> find(String dagId, String runId) throws IOException {
        for (String name : List.of(key(dagId, runId), runId)) {
            try {
                ServedRuns.Found found = runs.find(name);
                if (found.run().origin().name().equals(dagId)
                        && runId(found.run()).equals(runId)) {
                    return Optional.of(found);
                }
            } catch (NoSuchRunException none) {
                continue;
            }
        }
        return Optional.empty();
    }

    /** The key of a run that is triggered with an id; two DAGs may have runs of the same id. */
    static String key(String dagId, String runId) {
        return dagId + "/" + runId;
    }

    /** The id of a run as a DAG run: the id with which it was triggered, else its key, else its own id. */
    static String runId(RunManifest run) {
        String prefix = run.origin().name() + "/";
        return run.origin()
                .key()
                .map(key -> key.startsWith(prefix) ? key.substring(prefix.length()) : key)
                .orElse(run.id());
    }
}
