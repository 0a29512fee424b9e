package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.config.AirflowConnections;
import dev.cairn.airflow.config.ConfigurationException;
import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepIo;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries out {@code uses: airflow}. An attempt's decisions are in {@code airflow.json} of its folder; an attempt that a dead runner left is
 * followed again from there, on whatever host. Immutable, thread-safe.
 */
public final class AirflowAction implements Checkpointer {
    /** What {@code uses} says. */
    public static final String NAME = "airflow";

    private final AirflowConnections connections;
    private final Clock clock;

    public AirflowAction(AirflowConnections connections, Clock clock) {
        this.connections = connections;
        this.clock = clock;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean takesImages() {
        return false;
    }

    @Override
    public List<HostFinding> check() {
        return List.of();
    }

    /** Writes down which DAG run it is to be; Airflow is asked by who waits for the end. */
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
                    clock.instant());
            AirflowClient client = client(attempt.order());
            StepLocation identity = StepLocation.of(launch.attemptDir());
            choose(attempt, launch.attemptDir(), identity);
            attempt.save();
            return new DagRunStep(client, attempt, identity, clock);
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
        // another DAG, or another Airflow, since: the former run is not ours to follow any more, and its name stays its
        // own
        int generation = earlier.map(former -> former.generation() + 1).orElse(1);
        attempt.choose(
                RunName.of(identity.run(), identity.step(), generation),
                generation,
                order.logicalDate().orElseGet(() -> DagRunFollower.uniqueDate(clock)));
    }

    private AirflowClient client(DagRunSpec order) throws EngineException, IOException {
        try {
            // who looks again and again has no use for retries in between
            return AirflowClient.connect(connections.named(order.connection()).withRetries(0));
        } catch (ConfigurationException e) {
            throw new EngineException(0, e.getMessage());
        }
    }

    private static Path log(StepIo io) {
        return io instanceof StepIo.Files files ? files.stdout() : ((StepIo.Terminal) io).log();
    }

    @Override
    public Optional<StepProcess> attach(Path attemptDir) throws EngineException {
        try {
            Optional<AttemptFile> attempt = AttemptFile.read(attemptDir);
            return attempt.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new DagRunStep(
                            client(attempt.get().order()), attempt.get(), StepLocation.of(attemptDir), clock));
        } catch (IOException e) {
            throw new EngineException(0, "it cannot be followed again: " + e.getMessage());
        }
    }

    /** An attempt without a file never asked Airflow for anything, on any host. */
    @Override
    public Optional<StepExit> exitOf(Path attemptDir) throws EngineException {
        try {
            return AttemptFile.read(attemptDir).isPresent()
                    ? Optional.empty()
                    : Optional.of(new StepExit(
                            EndCause.LOST,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            clock.instant(),
                            Duration.ZERO,
                            "its runner died before it had asked anything of Airflow",
                            OptionalLong.empty()));
        } catch (IOException e) {
            throw new EngineException(0, "it cannot be read: " + e.getMessage());
        }
    }

    @Override
    public List<CheckpointOutcome> checkpointsOf(Path attemptDir) {
        return List.of();
    }

    @Override
    public ImageInfo describe(Path image) throws EngineException {
        throw new EngineException(0, image + ": a step that uses airflow has no images");
    }

    @Override
    public Optional<String> unusable(Path image) {
        return Optional.of("a step that uses airflow has no images");
    }
}
