package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.airflow.ApiVersion;
import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.DagRunState;
import dev.cairn.airflow.TaskInstance;
import dev.cairn.airflow.TriggerRequest;
import dev.cairn.engine.EndCause;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Triggers a DAG run and follows it to its end, one poll at a time. Confined to one thread. <p>It triggers exactly one
 * run, whose id is durable in {@link AttemptFile} before the first request. Every poll begins by asking for the DAG
 * run. If it exists, the follower follows it, even if another process triggered it. Only a clear "not found" leads to a
 * trigger with the same id, which Airflow accepts once. So the next poll resolves a lost answer, a 500, a 409 and a
 * crash at any point.
 */
final class DagRunFollower {
    private final AirflowClient airflow;
    private final AttemptFile attempt;
    private final DagRunSpec order;
    private final StepLocation identity;
    private final StepLog log;
    private final TaskReporter news;
    private final Clock clock;

    /** @param identity the identity of Cairn's run and step */
    DagRunFollower(AirflowClient airflow, AttemptFile attempt, StepLocation identity, Clock clock) {
        this.airflow = airflow;
        this.attempt = attempt;
        this.order = attempt.order();
        this.identity = identity;
        this.log = new StepLog(attempt.log());
        this.news = new TaskReporter(airflow, attempt, order, log);
        this.clock = clock;
    }

    /** Looks once. */
    Verdict look() throws IOException {
        Optional<DagRun> found = airflow.dagRuns().find(order.dag(), attempt.runId());
        if (found.isEmpty()) {
            return attempt.hasBeenSeen() ? gone() : trigger();
        }
        DagRun run = found.get();
        if (!attempt.hasBeenSeen() && !sameConf(run)) {
            return Verdict.failed("there is a DAG run " + run.id() + " of " + order.dag()
                    + " with another conf, which this step did not trigger: " + run.conf());
        }
        if (!attempt.hasBeenSeen()) {
            attempt.seen();
            attempt.save();
        }
        boolean failed = run.state().equals(DagRunState.FAILED);
        if (failed && attempt.isExistingFailure()) {
            return existingFailure(run);
        }
        if (failed && attempt.clearing().filter(endOf(run)::equals).isPresent()) {
            return clear(run);
        }
        List<TaskInstance> tasks = news.tell(run);
        return run.state().isFinal() ? ended(run, tasks) : Verdict.GOES_ON;
    }

    /** Ends the DAG run for a reason of Cairn's. */
    Verdict end(EndCause cause) throws IOException {
        Optional<DagRun> found = airflow.dagRuns().find(order.dag(), attempt.runId());
        if (found.isPresent() && !found.get().state().isFinal()) {
            airflow.dagRuns().setState(order.dag(), attempt.runId(), DagRunState.FAILED);
            log.say("DAG run " + attempt.runId() + " was set to failed (" + cause.wire() + ")");
            return new Verdict.Ended(cause, "DAG run " + attempt.runId() + " was set to failed");
        }
        return new Verdict.Ended(cause, "");
    }

    private Verdict gone() throws IOException {
        if (attempt.isExistingFailure() && order.onFailed() == DagRunSpec.OnFailed.NEW) {
            return another("is gone");
        }
        attempt.seenFailure();
        attempt.save();
        return Verdict.failed("DAG run " + attempt.runId() + " of " + order.dag() + " was deleted in Airflow");
    }

    private Verdict trigger() throws IOException {
        Optional<Verdict> obstacle = DagCheck.obstacle(airflow, order.connection(), order.dag());
        if (obstacle.isPresent()) {
            return obstacle.get();
        }
        boolean dated = order.logicalDate().isPresent() || airflow.apiVersion() == ApiVersion.V1;
        TriggerRequest request = new TriggerRequest(
                attempt.runId(),
                dated ? Optional.of(attempt.logicalDate()) : Optional.empty(),
                Optional.of(attempt.conf()),
                Optional.of(order.note().orElse("Cairn run " + identity.run() + ", step " + identity.step())));
        try {
            airflow.dagRuns().trigger(order.dag(), request);
            log.say("triggered DAG " + order.dag() + ", DAG run " + attempt.runId());
            return Verdict.AGAIN;
        } catch (AirflowException e) {
            if (!e.is(Kind.CONFLICT)) {
                throw e;
            }
            // the same id, and then it is our run; or the same logical date, and then our run does not exist
            return airflow.dagRuns().find(order.dag(), attempt.runId()).isPresent()
                    ? Verdict.AGAIN
                    : Verdict.failed("DAG " + order.dag() + " has a run of the logical date " + attempt.logicalDate()
                            + " already: " + e.getMessage());
        }
    }

    private Verdict existingFailure(DagRun run) throws IOException {
        return switch (order.onFailed()) {
            case FAIL -> {
                attempt.seenFailure();
                attempt.save();
                yield Verdict.failed(
                        "DAG run " + run.id() + " of an earlier attempt has failed. Clear it in Airflow, or"
                                + " say what a further attempt does with it: on_existing_failure: clear or new");
            }
            case NEW -> another("has failed");
            case CLEAR -> {
                attempt.clearing(endOf(run));
                attempt.save();
                yield clear(run);
            }
        };
    }

    private Verdict another(String why) throws IOException {
        int generation = attempt.generation() + 1;
        log.say("DAG run " + attempt.runId() + " " + why + "; another one is triggered");
        attempt.choose(
                RunName.of(identity.run(), identity.step(), generation),
                generation,
                order.logicalDate().orElseGet(() -> uniqueDate(clock)));
        attempt.save();
        return Verdict.AGAIN;
    }

    /**
     * Clears the failed DAG run. Repeated while the run is failed and has not ended again, because then the request had
     * no effect.
     */
    private Verdict clear(DagRun run) throws IOException {
        int tasks = airflow.taskInstances()
                .clear(order.dag(), run.id(), List.of(), true)
                .size();
        log.say("DAG run " + run.id() + " has failed; " + tasks + " tasks were cleared");
        return Verdict.AGAIN;
    }

    private Verdict ended(DagRun run, List<TaskInstance> tasks) throws IOException {
        if (run.state().equals(DagRunState.SUCCESS)) {
            return XComFiles.write(airflow, order, run)
                    .map(Verdict::failed)
                    .orElseGet(() -> new Verdict.Ended(EndCause.SUCCESS, ""));
        }
        attempt.seenFailure();
        attempt.save();
        String failed = TaskReporter.failed(tasks);
        return Verdict.failed(
                "DAG run " + run.id() + " of " + order.dag() + " failed" + (failed.isEmpty() ? "" : ": " + failed));
    }

    private static String endOf(DagRun run) {
        return run.end().map(Instant::toString).orElse("");
    }

    /** Whether two confs are equal. Numbers count by amount, because some servers treat 1 and 1.0 as one number. */
    private boolean sameConf(DagRun run) {
        JsonNode theirs = run.conf().isObject() ? run.conf() : attempt.conf().objectNode();
        return attempt.conf().equals(DagRunFollower::compare, theirs);
    }

    private static int compare(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            return new BigDecimal(a.asString()).compareTo(new BigDecimal(b.asString()));
        }
        return a.equals(b) ? 0 : 1;
    }

    /** Airflow 2 accepts one run per date, with microseconds. */
    static Instant uniqueDate(Clock clock) {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
