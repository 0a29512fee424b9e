package dev.cairn.airflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cairn.airflow.AirflowException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** What every server that the client speaks to keeps: a real Airflow, and Cairn's own. It has the DAGs contract, fragile and slow. */
public final class ServerContract {
    private ServerContract() {}

    /** A server, and a client that is logged in. */
    public interface Server {
        AirflowClient client();

        /** As it tells it. */
        String version();

        String address();

        /** Waits until a run has ended. */
        DagRun ended(String dag, String run) throws Exception;
    }

    public static void versionAndHealth(Server airflow) throws Exception {
        AirflowClient client = airflow.client();
        assertThat(client.version()).isEqualTo(airflow.version());
        assertThat(client.apiVersion()).isEqualTo(airflow.version().startsWith("2.") ? ApiVersion.V1 : ApiVersion.V2);
        assertThat(client.health().isHealthy()).isTrue();
    }

    public static void dags(Server airflow) throws Exception {
        Dags dags = airflow.client().dags();
        assertThat(dags.list(DagQuery.ALL).map(Dag::id)).contains("contract", "fragile", "slow");
        assertThat(dags.pause("slow", true).paused()).isTrue();
        assertThat(dags.get("slow").paused()).isTrue();
        assertThat(dags.pause("slow", false).paused()).isFalse();
        assertThat(dags.get("slow").active()).isTrue();
    }

    public static void runs(Server airflow) throws Exception {
        AirflowClient client = airflow.client();
        TriggerRequest request = TriggerRequest.of("cairn+a:1~b")
                .at(Instant.now().truncatedTo(ChronoUnit.MICROS))
                .withConf(AirflowJson.object().put("n", 41));
        DagRun started = client.dagRuns().trigger("contract", request);
        assertThat(started.id()).isEqualTo("cairn+a:1~b");
        assertThat(started.state().isKnown()).isTrue();
        DagRun ended = client.dagRuns()
                .await("contract", started.id(), Duration.ofSeconds(2), Duration.ofMinutes(1), seen -> {});
        assertThat(ended.state()).isEqualTo(DagRunState.SUCCESS);
        assertThat(ended.conf().path("n").asInt()).isEqualTo(41);
        assertThat(client.dagRuns()
                        .list(DagRunQuery.of("contract").in(DagRunState.SUCCESS))
                        .map(DagRun::id))
                .contains(started.id());
        assertThat(client.dagRuns()
                        .list(new DagRunQuery(Optional.empty(), List.of()))
                        .map(DagRun::id))
                .contains(started.id());

        assertThat(client.taskInstances().list("contract", started.id()).map(TaskInstance::taskId))
                .containsExactlyInAnyOrder("first", "second");
        TaskInstance first = client.taskInstances().get("contract", started.id(), "first");
        assertThat(first.state()).isEqualTo(TaskState.SUCCESS);
        assertThat(first.tryNumber()).isEqualTo(1);
        assertThat(client.logs().readAll("contract", started.id(), "first", -1, 1))
                .anyMatch(line -> line.contains("hello from first"))
                .anyMatch(line -> line.contains("it's a \"quoted\" line"));

        assertThat(client.xcoms().list("contract", started.id(), "first").map(XCom::key))
                .contains("return_value");
        XCom value = client.xcoms().get("contract", started.id(), "first", -1, XCom.RETURN_VALUE);
        assertThat(value.value().path("n").asInt()).isEqualTo(41);
        assertThat(client.xcoms()
                        .get("contract", started.id(), "second", -1, XCom.RETURN_VALUE)
                        .value()
                        .asString())
                .isEqualTo("42");

        assertThat(client.dagRuns()
                        .setNote("contract", started.id(), "noted")
                        .json()
                        .path("note")
                        .asString())
                .isEqualTo("noted");
        client.dagRuns().delete("contract", started.id());
        assertThat(client.dagRuns().find("contract", started.id())).isEmpty();
    }

    public static void clears(Server airflow) throws Exception {
        AirflowClient client = airflow.client();
        client.dagRuns()
                .trigger(
                        "fragile",
                        TriggerRequest.of("fragile-1")
                                .withConf(AirflowJson.object().put("good_try", 2)));
        assertThat(airflow.ended("fragile", "fragile-1").state()).isEqualTo(DagRunState.FAILED);
        assertThat(client.taskInstances().clear("fragile", "fragile-1", List.of(), true).stream()
                        .map(TaskInstance::taskId))
                .containsExactly("breaks");
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() ->
                        client.dagRuns().get("fragile", "fragile-1").state().equals(DagRunState.SUCCESS));
        assertThat(client.taskInstances().get("fragile", "fragile-1", "breaks").tryNumber())
                .isEqualTo(2);
    }

    public static void cancels(Server airflow) throws Exception {
        AirflowClient client = airflow.client();
        client.dagRuns().trigger("slow", TriggerRequest.of("slow-1"));
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> client.taskInstances()
                        .list("slow", "slow-1")
                        .anyMatch(task -> task.state().equals(TaskState.RUNNING)));
        assertThat(client.dagRuns()
                        .setState("slow", "slow-1", DagRunState.FAILED)
                        .state())
                .isEqualTo(DagRunState.FAILED);
        assertThat(client.taskInstances().get("slow", "slow-1", "sleeps").state())
                .isNotEqualTo(TaskState.RUNNING);
    }

    public static void errors(Server airflow) throws Exception {
        DagRuns runs = airflow.client().dagRuns();
        assertThat(failure(() -> runs.trigger("no_such", TriggerRequest.of("x")))
                        .kind())
                .isEqualTo(Kind.NOT_FOUND);
        runs.trigger("contract", TriggerRequest.of("twice"));
        assertThat(failure(() -> runs.trigger("contract", TriggerRequest.of("twice")))
                        .kind())
                .isEqualTo(Kind.CONFLICT);
        assertThat(failure(() -> runs.setState("contract", "twice", new DagRunState("tired")))
                        .kind())
                .isEqualTo(Kind.INVALID);
        assertThat(runs.find("contract", "none")).isEmpty();
        ConnectionSettings wrong =
                ConnectionSettings.of(airflow.address(), Credentials.password("admin", () -> "wrong"));
        try (AirflowClient stranger = AirflowClient.connect(wrong)) {
            // 401 of Airflow 3; Airflow 2 takes the stranger for nobody in particular, who may do nothing: 403
            assertThat(failure(() -> stranger.dags().get("contract")).kind()).isIn(Kind.UNAUTHORIZED, Kind.FORBIDDEN);
        }
        try (AirflowClient lost =
                AirflowClient.connect(ConnectionSettings.of(airflow.address() + "/elsewhere", Credentials.none()))) {
            assertThat(failure(lost::version).kind()).isEqualTo(Kind.NOT_AIRFLOW);
        }
    }

    private static AirflowException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(AirflowException.class, call);
    }
}
