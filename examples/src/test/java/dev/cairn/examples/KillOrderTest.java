package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runner, supervisor, the sandbox's init and the step's processes, killed in any order: the same line resumes the run, and while the
 * runner lives it does so by itself.
 *
 * <p>{@code -Dcairn.long=true} does so to 200 runs, {@code -Dcairn.rounds=N} to as many; {@code -Dcairn.seed=N} repeats a campaign's choices.
 */
class KillOrderTest {
    private static final int ROUNDS = Integer.getInteger("cairn.rounds", Boolean.getBoolean("cairn.long") ? 200 : 3);
    /** A third in a row without a newer image ends the step. */
    private static final int MOST_UNDER_ONE_RUNNER = 2;

    private static final String[] LINE = {"run", "--key", "orders", "flow.yaml"};

    static Stream<Arguments> rounds() {
        long seed = Seed.next();
        List<Caller> callers =
                Stream.of(Caller.ordinary(), Caller.SELF).distinct().toList();
        return IntStream.range(0, ROUNDS).mapToObj(i -> Arguments.of(seed + i, callers.get(i % callers.size())));
    }

    @ParameterizedTest(name = "seed {0} as {1}")
    @MethodSource("rounds")
    void endsAsUndisturbedInWhicheverOrderItsProcessesAreKilled(long seed, Caller caller) throws Exception {
        Example example = Example.named("src/test/flows/orders");
        Undisturbed undisturbed = Undisturbed.of(example);
        Random random = new Random(seed);
        List<String> told = new ArrayList<>(List.of("seed " + seed + " as " + caller));
        try (Cairn cairn = Cairn.in(Rooms.next(example.name()), example.folder(), caller)) {
            Victims victims = new Victims(cairn, random);
            int kills = 1 + random.nextInt(4);
            int underThisRunner = 0;
            Process line = cairn.start(LINE);
            for (int i = 0;
                    i < kills && lives(line, random.nextLong(undisturbed.took().toMillis() / 2));
                    i++) {
                boolean runner = random.nextBoolean() || ++underThisRunner == MOST_UNDER_ONE_RUNNER;
                told.add(victims.kill(runner).toString());
                if (runner) {
                    line.waitFor();
                    line = cairn.start(LINE);
                    underThisRunner = 0;
                }
            }
            System.out.println(String.join(" ", told));

            assertThat(cairn.await(line))
                    .as("%s; Cairn said:%n%s", told, cairn.said())
                    .isZero();
            assertThat(cairn.runs()).as("%s", told).hasSize(1);
            assertThat(Trees.differences(undisturbed.run(), cairn.runs().get(0), example.compared()))
                    .as("%s; Cairn said:%n%s", told, cairn.said())
                    .isEmpty();
        }
    }

    private static boolean lives(Process line, long millis) throws InterruptedException {
        return !line.waitFor(millis, TimeUnit.MILLISECONDS);
    }
}
