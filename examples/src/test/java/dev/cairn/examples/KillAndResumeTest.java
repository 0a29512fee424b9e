package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The proof of a checkpointer: the result after any number of kills equals the result without one.
 *
 * <p>{@code -Dcairn.long=true} kills each example twenty times, as every caller that there is; {@code -Dcairn.seed=N} repeats a run's moments;
 * {@code -Dcairn.example=NAME} takes one example only.
 */
class KillAndResumeTest {
    private static final boolean LONG = Boolean.getBoolean("cairn.long");
    private static final String ONLY = System.getProperty("cairn.example");
    private static final int KILLS = LONG ? 20 : 2;

    static Stream<Arguments> examplesAndCallers() {
        Stream<String> often = Stream.of("molecular-dynamics", "src/test/flows/files", "src/test/flows/connections");
        // in short, PartialDeathTest kills in the first three
        Stream<String> seldom = LONG
                ? Stream.of("count", "log-crunch", "monte-carlo", "src/test/flows/programs", "src/test/flows/tools")
                : Stream.empty();
        return Stream.concat(often, seldom)
                .filter(name -> ONLY == null || name.endsWith(ONLY))
                .flatMap(name -> callers(name).map(caller -> Arguments.of(Example.named(name), caller)));
    }

    /** In short all run as an ordinary user: what root may do is no proof. */
    private static Stream<Caller> callers(String name) {
        if (name.endsWith("tools")) {
            return Stream.of(Caller.SELF, Caller.named()).distinct();
        }
        return LONG ? Stream.of(Caller.SELF, Caller.ordinary()).distinct() : Stream.of(Caller.ordinary());
    }

    @ParameterizedTest(name = "{0} as {1}")
    @MethodSource("examplesAndCallers")
    void endsAsUndisturbedHoweverOftenEverythingIsKilled(Example example, Caller caller) throws Exception {
        Undisturbed undisturbed = Undisturbed.of(example);
        long seed = Seed.next();
        Random random = new Random(seed);
        Duration atMost = undisturbed.took().dividedBy(2);

        int killsLeft = KILLS;
        while (killsLeft > 0) {
            try (Cairn cairn = Cairn.in(Rooms.next(example.name()), example.folder(), caller)
                    .with(example.variables())) {
                KillAndResume disturbed = new KillAndResume(cairn, random, killsLeft, atMost);
                Path run = disturbed.run();
                System.out.printf(
                        "%s as %s, seed %d: killed %d times%n",
                        example, caller, seed, killsLeft - disturbed.killsLeft());
                killsLeft = disturbed.killsLeft();

                assertThat(Trees.differences(undisturbed.run(), run, example.compared()))
                        .as("%s, seed %d; Cairn said:%n%s", example, seed, cairn.said())
                        .isEmpty();
                assertThat(disturbed.notFromTheNewest())
                        .as("%s, seed %d", example, seed)
                        .isEmpty();
            }
        }
    }
}
