package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.AirflowDouble;
import dev.cairn.airflow.AirflowDouble.Behaviour;
import dev.cairn.airflow.AirflowDouble.Fault;
import dev.cairn.cli.CairnProcess.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that has succeeded tells an Airflow so, once, though it is killed between posting and noting. */
final class NotifyAirflowTest {
    private static final Path NOTHING = Path.of("/dev/null");
    private static final String POST = "POST /api/v2/assets/events";

    @TempDir
    Path folder;

    private String timeout = "300ms";

    private Outcome cairn(AirflowDouble airflow, Optional<Killer> killer, String... arguments) throws Exception {
        Map<String, String> environment = new HashMap<>(airflow.environment());
        environment.put("CAIRN_AIRFLOW_FAKE_TIMEOUT", timeout);
        try (CairnProcess cairn = CairnProcess.start(folder, environment, NOTHING, arguments)) {
            killer.ifPresent(one -> one.aim(cairn.pid()));
            return cairn.await();
        }
    }

    private void write(String asset) throws Exception {
        Files.writeString(
                folder.resolve("flow.yaml"),
                "name: n\nnotify: {airflow_asset: " + asset
                        + "}\nsteps: [{run: 'true', checkpoint: {engine: none}}]\n");
    }

    @Test
    void postsOnceThoughKilledAfterPostingAndBefore() throws Exception {
        write("{connection: fake, uri: 's3://a/b'}");
        try (AirflowDouble airflow = new AirflowDouble()) {
            Killer before = new Killer(true);
            airflow.behave(before);
            assertThat(cairn(airflow, Optional.of(before), "run", "flow.yaml", "--key", "k")
                            .exitCode())
                    .isEqualTo(137);
            assertThat(airflow.events()).isEmpty();

            Killer after = new Killer(false);
            airflow.behave(after);
            assertThat(cairn(airflow, Optional.of(after), "notify").exitCode()).isEqualTo(137);
            assertThat(airflow.events()).hasSize(1);

            airflow.behave((request, what) -> Fault.NONE);
            Outcome rest = cairn(airflow, Optional.empty(), "notify", "k");
            assertThat(rest.exitCode()).as(rest.err()).isZero();
            assertThat(airflow.events())
                    .singleElement()
                    .asString()
                    .contains("\"cairn_run\":\"n-")
                    .contains("\"cairn_key\":\"k\"");
            NotifyKillTest.assertNoFileHolds(folder.resolve(".cairn"), "secret");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ERROR", "ERROR_AFTER", "SILENCE_AFTER"})
    void postsOnceToAServerThatMisbehaves(Fault fault) throws Exception {
        write("{connection: fake, uri: 's3://a/b'}");
        try (AirflowDouble airflow = new AirflowDouble()) {
            boolean[] done = new boolean[1];
            airflow.behave((request, what) -> {
                boolean now = what.equals(POST) && !done[0];
                done[0] |= now;
                return now ? fault : Fault.NONE;
            });
            Outcome outcome = cairn(airflow, Optional.empty(), "run", "flow.yaml");
            assertThat(outcome.exitCode()).as(outcome.err()).isZero();
            assertThat(cairn(airflow, Optional.empty(), "notify").exitCode()).isZero();
            assertThat(airflow.events()).hasSize(1);
        }
    }

    /** The server gets round to it when the next one has looked already and not found it. */
    @Test
    void postsOnceToAServerThatDoesItAfterItsClientHasDied() throws Exception {
        write("{connection: fake, uri: 's3://a/b'}");
        try (AirflowDouble airflow = new AirflowDouble()) {
            timeout = "30s";
            Slow slow = new Slow(airflow);
            airflow.behave(slow);
            assertThat(cairn(airflow, Optional.of(slow.killer), "run", "flow.yaml")
                            .exitCode())
                    .isEqualTo(137);
            assertThat(airflow.events()).isEmpty();

            Outcome rest = cairn(airflow, Optional.empty(), "notify");
            assertThat(rest.exitCode()).as(rest.out() + rest.err()).isZero();
            assertThat(airflow.events()).hasSize(1);
        }
    }

    @Test
    void saysWhichAssetIsNotThereAndWhichConnection() throws Exception {
        write("{connection: fake, uri: 's3://other'}");
        try (AirflowDouble airflow = new AirflowDouble()) {
            Outcome outcome = cairn(airflow, Optional.empty(), "run", "flow.yaml");
            assertThat(outcome.exitCode()).isZero();
            assertThat(outcome.err()).contains("airflow_asset fake s3://other").contains("no such asset");

            write("{connection: missing, uri: 's3://other'}");
            Outcome refused = cairn(airflow, Optional.empty(), "run", "flow.yaml");
            assertThat(refused.exitCode()).isEqualTo(69);
            assertThat(refused.err()).contains("no Airflow connection \"missing\"");
        }
    }

    /** Kills who posts, and does what was asked after the next look. */
    private static final class Slow implements Behaviour {
        final Killer killer = new Killer(true);
        private final AirflowDouble airflow;
        private boolean posted;

        Slow(AirflowDouble airflow) {
            this.airflow = airflow;
        }

        @Override
        public synchronized Fault at(int request, String what) {
            if (posted || !what.equals(POST)) {
                return Fault.NONE;
            }
            posted = true;
            killer.at(request, what);
            return Fault.SILENCE_BEFORE;
        }

        @Override
        public synchronized void after(int request, String what) {
            if (posted && what.equals("GET /api/v2/assets/events")) {
                airflow.release();
            }
        }
    }

    /** Kills its process at the request that posts the event. */
    private static final class Killer implements Behaviour {
        private final boolean before;
        private volatile Optional<ProcessHandle> victim = Optional.empty();

        Killer(boolean before) {
            this.before = before;
        }

        void aim(long pid) {
            victim = ProcessHandle.of(pid);
        }

        @Override
        public Fault at(int request, String what) {
            if (before && what.equals(POST)) {
                kill();
                return Fault.ERROR;
            }
            return Fault.NONE;
        }

        @Override
        public void after(int request, String what) {
            if (!before && what.equals(POST)) {
                kill();
            }
        }

        /** Returns when it is dead, so that no answer reaches it any more. */
        private void kill() {
            victim.orElseThrow().destroyForcibly();
            victim.orElseThrow().onExit().join();
        }
    }
}
