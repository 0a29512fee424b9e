package dev.cairn.run.internal.owner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.host.HostIdentity;
import dev.cairn.host.Processes;
import dev.cairn.run.failure.OwnershipLostException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnersTest {
    private static final int ROUNDS = 200;
    private static final HostIdentity HERE = new HostIdentity("here", "boot-1", "pid:[1]", "6.1", "amd64");
    private static final HostIdentity ELSEWHERE = new HostIdentity("elsewhere", "boot-2", "pid:[2]", "6.1", "amd64");

    @TempDir
    Path folder;

    private static Owners at(HostIdentity host, Duration lease) throws IOException {
        return new Owners(host, Processes.current(), lease);
    }

    private static Ownership won(Claim claim) {
        assertThat(claim).isInstanceOf(Claim.Won.class);
        return ((Claim.Won) claim).ownership();
    }

    @Test
    void ofTwoThreadsThatStartInTheSameInstantOneOwnsTheRun() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier start = new CyclicBarrier(2);
        for (int round = 0; round < ROUNDS; round++) {
            Path run = Files.createDirectory(folder.resolve("run-" + round));
            List<Future<Claim>> claims = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                claims.add(threads.submit(() -> {
                    start.await();
                    return at(HERE, Duration.ofSeconds(30)).claim(run);
                }));
            }
            int winners = 0;
            for (Future<Claim> claim : claims) {
                winners += claim.get() instanceof Claim.Won ? 1 : 0;
            }
            assertThat(winners).as("round %d", round).isEqualTo(1);
        }
        threads.shutdown();
    }

    @Test
    void ofTwoProcessesThatStartInTheSameInstantOneOwnsTheRun() throws Exception {
        try (Rival one = new Rival();
                Rival other = new Rival()) {
            for (int round = 0; round < ROUNDS; round++) {
                Path run = Files.createDirectory(folder.resolve("run-" + round));
                one.send(run);
                other.send(run);
                assertThat(List.of(one.answer(), other.answer()))
                        .as("round %d", round)
                        .containsExactlyInAnyOrder("won", "held");
            }
        }
    }

    @Test
    void breaksTheLockOfADeadProcessAndNamesIt() throws Exception {
        Process process = new ProcessBuilder("true").start();
        ProcessIdentity dead = new ProcessIdentity(process.pid(), 1);
        process.waitFor();
        new Owners(HERE, dead, Duration.ofSeconds(30)).claim(folder);

        Claim claim = at(HERE, Duration.ofSeconds(30)).claim(folder);
        assertThat(won(claim).epoch()).isEqualTo(2);
        assertThat(((Claim.Won) claim).broken().orElseThrow().process()).isEqualTo(dead);
    }

    @Test
    void knowsTheOwnerWhoseHeartbeatIsTorn() throws Exception {
        Path heartbeat = folder.resolve("owner.json");
        Ownership first = won(at(ELSEWHERE, Duration.ofHours(1)).claim(folder));
        Files.writeString(heartbeat, "{\"torn");
        assertThat(at(HERE, Duration.ofHours(1)).ownerOf(folder).orElseThrow().host())
                .isEqualTo("elsewhere");
        first.beat(Optional.empty());
        assertThat(at(HERE, Duration.ofHours(1)).ownerOf(folder).orElseThrow().heartbeat())
                .isEqualTo(1);
        first.close();

        won(at(HERE, Duration.ofHours(1)).claim(folder));
        Files.writeString(heartbeat, "");
        Claim claim = at(HERE, Duration.ofMillis(60)).claim(folder);
        assertThat(claim).as("its process lives").isInstanceOf(Claim.Held.class);
        assertThat(((Claim.Held) claim).owner().epoch()).isEqualTo(2);
    }

    @Test
    void takesOverFromAnotherHostThatLeavesItsHeartbeatTorn() throws Exception {
        at(ELSEWHERE, Duration.ofHours(1)).claim(folder);
        Files.writeString(folder.resolve("owner.json"), "{\"torn");
        assertThat(won(at(HERE, Duration.ofMillis(60)).claim(folder)).epoch()).isEqualTo(2);
    }

    @Test
    void aReusedPidDoesNotKeepALockAlive() throws Exception {
        ProcessIdentity sameNumber = new ProcessIdentity(ProcessHandle.current().pid(), 1);
        new Owners(HERE, sameNumber, Duration.ofSeconds(30)).claim(folder);
        assertThat(at(HERE, Duration.ofSeconds(30)).claim(folder)).isInstanceOf(Claim.Won.class);
    }

    @Test
    void takesOverAtOnceWhatWasReleasedAlsoFromAnotherHost() throws Exception {
        won(at(ELSEWHERE, Duration.ofHours(1)).claim(folder)).close();
        Claim claim = at(HERE, Duration.ofHours(1)).claim(folder);
        assertThat(won(claim).epoch()).isEqualTo(2);
        assertThat(((Claim.Won) claim).broken()).isEmpty();
    }

    @Test
    void takesOverFromAnotherHostWhoseHeartbeatStandsStill() throws Exception {
        at(ELSEWHERE, Duration.ofHours(1)).claim(folder);
        Claim claim = at(HERE, Duration.ofMillis(60)).claim(folder);
        assertThat(((Claim.Won) claim).broken().orElseThrow().host()).isEqualTo("elsewhere");
    }

    @Test
    void leavesAnotherHostAloneWhoseHeartbeatMoves() throws Exception {
        Ownership theirs = won(at(ELSEWHERE, Duration.ofHours(1)).claim(folder));
        AtomicBoolean beating = new AtomicBoolean(true);
        Thread heart = new Thread(() -> {
            try {
                while (beating.get()) {
                    theirs.beat(Optional.empty());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        heart.start();
        assertThat(at(HERE, Duration.ofSeconds(5)).claim(folder)).isInstanceOf(Claim.Held.class);
        beating.set(false);
        heart.join();
    }

    @Test
    void refusesWhatWouldBeWrittenAfterItHasLetGo() throws Exception {
        Ownership ownership = won(at(HERE, Duration.ofHours(1)).claim(folder));
        ownership.close();
        assertThatThrownBy(ownership::ensureOurs).isInstanceOf(OwnershipLostException.class);
        assertThatThrownBy(() -> ownership.beat(Optional.empty()))
                .as("a late heartbeat does not take it back")
                .isInstanceOf(OwnershipLostException.class)
                .hasMessageContaining("let go");
    }

    @Test
    void refusesWhatAnOlderEpochWouldWrite() throws Exception {
        Ownership old = won(at(ELSEWHERE, Duration.ofHours(1)).claim(folder));
        Ownership young = won(at(HERE, Duration.ofMillis(60)).claim(folder));
        assertThatThrownBy(old::ensureOurs).isInstanceOf(OwnershipLostException.class);
        assertThatThrownBy(() -> old.beat(Optional.empty())).isInstanceOf(OwnershipLostException.class);
        young.ensureOurs();
        old.close();
        assertThat(at(HERE, Duration.ofHours(1)).claim(folder))
                .as("an old owner's release does not release the run")
                .isInstanceOf(Claim.Held.class);
    }

    /** A process that claims what it is told to. */
    private static final class Rival implements AutoCloseable {
        private final Process process;
        private final BufferedWriter to;
        private final BufferedReader from;

        Rival() throws IOException {
            process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ClaimProcess.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            to = process.outputWriter();
            from = process.inputReader();
        }

        void send(Path run) throws IOException {
            to.write(run + "\n");
            to.flush();
        }

        String answer() throws IOException {
            return from.readLine();
        }

        @Override
        public void close() throws IOException {
            to.close();
        }
    }
}
