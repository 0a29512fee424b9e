package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.DagRunState;
import dev.cairn.airflow.TriggerRequest;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code cairn airflow trigger}. */
@Command(
        name = "trigger",
        description =
                "Triggers a DAG run and prints its id. Repeated with the same --run-id, it triggers no second one.")
final class AirflowTriggerCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final AirflowAccess access;

    @Parameters(index = "0", paramLabel = "CONNECTION", description = "Which Airflow.")
    private String connection;

    @Parameters(index = "1", paramLabel = "DAG", description = "Which DAG.")
    private String dag;

    @Option(names = "--run-id", paramLabel = "ID", description = "The DAG run's id; made from the time if not given.")
    private @Nullable String runId;

    @Option(names = "--conf", paramLabel = "JSON", description = "The DAG run's conf, a JSON object.")
    private @Nullable String conf;

    @Option(names = "--wait", description = "Waits for its end; exits 1 if it fails.")
    private boolean wait;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    AirflowTriggerCommand(CompositionRoot composition, AirflowAccess access) {
        this.composition = composition;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, CliException {
        Instant now = composition.clock().instant().truncatedTo(ChronoUnit.MICROS);
        TriggerRequest request = request(runId == null ? "cairn__" + now : runId);
        return access.use(connection, airflow -> trigger(airflow, request));
    }

    private TriggerRequest request(String id) throws CliException {
        Optional<JsonNode> parsed = parsedConf();
        try {
            return new TriggerRequest(id, Optional.empty(), parsed, Optional.of("triggered by cairn airflow trigger"));
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, "--run-id: " + e.getMessage(), e);
        }
    }

    private Optional<JsonNode> parsedConf() throws CliException {
        if (conf == null) {
            return Optional.empty();
        }
        try {
            JsonNode parsed = new JsonMapper().readTree(conf);
            if (parsed != null && parsed.isObject()) {
                return Optional.of(parsed);
            }
        } catch (JacksonException e) {
            throw new CliException(ExitCode.USAGE, "--conf is no JSON: " + e.getOriginalMessage(), e);
        }
        throw new CliException(ExitCode.USAGE, "--conf must be a JSON object, e.g. '{\"n\": 1}'");
    }

    private int trigger(AirflowClient airflow, TriggerRequest request)
            throws IOException, InterruptedException, CliException {
        Optional<DagRun> there = airflow.dagRuns().find(dag, request.runId());
        DagRun run = there.isPresent() ? there.get() : triggered(airflow, request);
        if (there.isEmpty() && airflow.dags().get(dag).paused()) {
            composition.console().say("cairn: DAG " + dag + " is paused: the run stays queued until it is unpaused");
        }
        if (!json) {
            composition.console().out().println(run.id());
        }
        if (wait) {
            run = airflow.dagRuns().await(dag, run.id(), Duration.ofSeconds(15), Duration.ofMinutes(10), seen -> {});
        }
        if (json) {
            Json.print(composition.console().out(), AirflowRunsCommand.document(run));
        } else if (wait) {
            composition.console().say("cairn: DAG run " + run.id() + " is " + run.state());
        }
        return wait && !run.state().equals(DagRunState.SUCCESS) ? ExitCode.FAILED : ExitCode.OK;
    }

    private DagRun triggered(AirflowClient airflow, TriggerRequest request) throws IOException, CliException {
        try {
            return airflow.dagRuns().trigger(dag, request);
        } catch (AirflowException e) {
            if (e.is(Kind.SERVER) || e.is(Kind.NO_ANSWER)) {
                throw new CliException(
                        ExitCode.UNAVAILABLE,
                        e.getMessage()
                                + ". The DAG run may have been triggered anyway; repeat the command with --run-id "
                                + request.runId() + " it is not triggered twice",
                        e);
            }
            throw e;
        }
    }
}
