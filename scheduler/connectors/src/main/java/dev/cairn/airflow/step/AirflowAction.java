package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.config.AirflowConnections;
import dev.cairn.airflow.config.ConfigurationException;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepIo;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.run.action.Action;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries out {@code uses: airflow}. An attempt's decisions are in {@code airflow.json} in its folder. After the death
 * of a runner, a runner on any host continues the attempt from that file. Immutable, thread-safe.
 */
public final class AirflowAction extends Action {
    /** What {@code uses} says. */
    public static final String NAME = "airflow";

    /** Begins messages. */
    static final String SUBJECT = "a step that uses airflow";

    private final AirflowConnections connections;

    public AirflowAction(AirflowConnections connections, Clock clock) {
        super(NAME, SUBJECT, clock);
        this.connections = connections;
    }

    /** Only records the id of the DAG run. The thread that waits for the end sends requests to Airflow. */
    @Override
    public StepProcess start(StepLaunch launch) throws EngineException {
        try {
            ObjectNode told =
                    (ObjectNode) new JsonMapper().readTree(launch.command().get(1));
            AttemptFile attempt = AttemptFile.create(
                    launch.attemptDir(),
                    told,
                    new AttemptFile.Limits(launch.timeout(), launch.spent()),
                    log(launch.io()),
                    clock().instant());
            AirflowClient client = client(attempt.order());
            StepLocation identity = StepLocation.of(launch.attemptDir());
            choose(attempt, launch.attemptDir(), identity);
            attempt.save();
            return new DagRunStep(client, attempt, identity, clock());
        } catch (IllegalArgumentException e) {
            throw new EngineException(0, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new EngineException(0, "it cannot be prepared: " + e.getMessage());
        }
    }

    private void choose(AttemptFile attempt, Path folder, StepLocation identity) throws IOException {
        DagRunSpec order = attempt.order();
        Optional<AttemptFile> earlier = AttemptFile.before(folder);
        boolean same = earlier.map(AttemptFile::order)
                .filter(former -> former.connection().equals(order.connection())
                        && former.dag().equals(order.dag()))
                .isPresent();
        if (same) {
            attempt.inherit(earlier.get());
            if (!attempt.conf().equals(order.conf())) {
                new StepLog(attempt.log())
                        .say("follows DAG run " + attempt.runId() + " again, which has the earlier conf");
            }
            return;
        }
        // the step now names another DAG or another Airflow: the former run is no longer followed, and keeps its id
        int generation = earlier.map(former -> former.generation() + 1).orElse(1);
        attempt.choose(
                RunName.of(identity.run(), identity.step(), generation),
                generation,
                order.logicalDate().orElseGet(() -> DagRunFollower.uniqueDate(clock())));
    }

    private AirflowClient client(DagRunSpec order) throws EngineException, IOException {
        try {
            // the step polls anyway, so the client need not retry
            return AirflowClient.connect(connections.named(order.connection()).withRetries(0));
        } catch (ConfigurationException e) {
            throw new EngineException(0, e.getMessage());
        }
    }

    private static Path log(StepIo io) {
        return io instanceof StepIo.Files files ? files.stdout() : ((StepIo.Terminal) io).log();
    }

    @Override
    protected Optional<StepProcess> begun(Path attemptDir) throws IOException, EngineException {
        Optional<AttemptFile> attempt = AttemptFile.read(attemptDir);
        return attempt.isEmpty()
                ? Optional.empty()
                : Optional.of(new DagRunStep(
                        client(attempt.get().order()), attempt.get(), StepLocation.of(attemptDir), clock()));
    }

    @Override
    protected boolean hasBegun(Path attemptDir) throws IOException {
        return AttemptFile.read(attemptDir).isPresent();
    }
}
