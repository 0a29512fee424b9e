package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EmbeddingTest {

    @Test
    void theProgramGoesOnWhenItIsKilledAndStartedAgain() throws Exception {
        Path count = Example.named("count").folder();
        try (Cairn cairn = Cairn.in(Rooms.next("embedding"), count, Caller.ordinary())) {
            String program = "dev.cairn.examples.Embedding";
            String folder = cairn.project().toString();
            cairn.startProgram(program, folder);
            StepFiles step = Waiting.forStep(cairn, "main");
            Waiting.forImageAfter(step, 1);

            cairn.killAll();
            int code = cairn.await(cairn.startProgram(program, folder));

            assertThat(code).as(cairn.said()).isZero();
            assertThat(step.attempts()).hasSize(2);
            assertThat(step.attempts().get(1).resumedFrom().orElse(0)).isPositive();
            assertThat(Files.readString(step.folder().resolve("stdout.log")))
                    .isEqualTo(IntStream.range(0, 40).mapToObj(i -> i + "\n").collect(Collectors.joining()));
        }
    }
}
