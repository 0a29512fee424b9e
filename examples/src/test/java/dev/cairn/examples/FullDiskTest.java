package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * A disk that is full while a step ends, as a file system of its own shows it: in a mount namespace, which needs no root. The step
 * fills it, and the script makes room again.
 */
class FullDiskTest {
    private static final String FLOW = """
            name: full
            steps:
              - id: fill
                run: |
                  echo begun
                  cat /dev/zero > ${{ run.dir }}/../../../fill 2>/dev/null || true
                checkpoint: {every: never}
              - id: after
                run: echo well
                checkpoint: {every: never}
            """;

    /** $1 is the folder to mount on, the rest starts Cairn. */
    private static final String SCRIPT = """
            disk=$1; shift; cairn=$*
            mount -t tmpfs -o size=16m,mode=700 none "$disk" || exit 40
            cp flow.yaml "$disk" && cd "$disk" || exit 41
            export CAIRN_HOME=$disk/home
            mkdir home
            await() { for i in $(seq 600); do eval "$1" && return; sleep 0.1; done; echo "never: $1"; exit 42; }
            $cairn run flow.yaml 2>"$OLDPWD/err.txt" &
            runner=$!
            fail() { cat "$OLDPWD/err.txt" >&2; exit 43; }
            full() { [ "$(df --output=avail . | tail -n 1)" -eq 0 ]; }
            await '[ -e home/fill ]'
            await full
            """;

    private static final String ENDING = """
            cat home/runs/*/steps/after/stdout.log
            $cairn show --json $(ls home/runs) >"$OLDPWD/show.json"
            exit 0
            """;

    private static String run(Cairn cairn, String then) throws Exception {
        Files.writeString(cairn.project().resolve("flow.yaml"), FLOW);
        Path disk = Files.createDirectory(cairn.home().resolve("disk"));
        return cairn.printedBy(
                Cairn.after("unshare", "-Urm", "sh", "-c", SCRIPT + then + ENDING, "-", disk.toString()));
    }

    @Test
    void theRunnerWaitsForRoomAndSaysSo() throws Exception {
        try (Cairn cairn =
                Cairn.in(Rooms.next("full-disk"), Example.named("count").folder(), Caller.SELF)) {
            String printed = run(cairn, """
                    await '$cairn ps | grep "running, cannot write: No space left on device since"'
                    rm home/fill
                    wait $runner || fail
                    """);

            assertThat(printed)
                    .contains("running, cannot write: No space left on device since")
                    .endsWith("well\n");
            String said = Files.readString(cairn.project().resolve("err.txt"));
            assertThat(said)
                    .containsOnlyOnce("cannot write")
                    .contains("No space left on device")
                    .contains("can write again");
            assertThat(Files.readString(cairn.project().resolve("show.json"))).contains("\"succeeded\"");
        }
    }

    @Test
    void theNextRunnerGoesOnFromWhatTheSupervisorWrote() throws Exception {
        try (Cairn cairn =
                Cairn.in(Rooms.next("full-disk"), Example.named("count").folder(), Caller.SELF)) {
            String printed = run(cairn, """
                    kill -9 $runner
                    wait $runner
                    rm home/fill
                    $cairn run flow.yaml 2>"$OLDPWD/err.txt" || fail
                    cat home/runs/*/steps/fill/stdout.log | grep -c begun
                    """);
            assertThat(printed).endsWith("1\nwell\n");
        }
    }
}
