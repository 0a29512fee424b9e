package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two runners started on one run in the same instant. */
class OneOwnerTest {
    private static final int ROUNDS = Boolean.getBoolean("cairn.long") ? 200 : 8;
    private static final int HELD_BY_ANOTHER = 69;

    @Test
    void onlyOneOfTwoRunnersRunsTheRun() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Cairn cairn = Cairn.in(
                    Rooms.next("once"), Example.named("src/test/flows/once").folder(), Caller.SELF);
            Process first = cairn.start("run", "flow.yaml", "--key", "once");
            Process second = cairn.start("run", "flow.yaml", "--key", "once");
            List<Integer> codes = List.of(cairn.await(first), cairn.await(second));

            // The later one may come when all is done: a succeeded key is a success.
            assertThat(codes).as(cairn.said()).contains(0).allMatch(code -> code == 0 || code == HELD_BY_ANOTHER);
            assertThat(cairn.runs()).hasSize(1);
            assertThat(Files.readAllLines(cairn.project().resolve("started.txt")))
                    .as("round %d; Cairn said:%n%s", round, cairn.said())
                    .containsExactly("started");
        }
    }
}
