package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Single system calls of runner and supervisor fail: the run finishes right, or stops with a clear word and resumes right.
 *
 * <p>{@code -Dcairn.long=true} makes a sample of a hundred random ones fail, for at most a quarter of an hour; {@code -Dcairn.seed=N}
 * repeats it.
 */
class FaultCampaignTest {
    private static final Path PROGRAM = Path.of("src/test/faults/campaign.py");
    /** Where the build puts the supervisor and its library. */
    private static final Path NATIVE = Path.of("../native/target/classes/dev/cairn/engine/linux-x86-64");

    private static final List<String> FEW =
            List.of("--only", "runner:fsync:EIO:4", "--only", "supervisor:fsync:ENOSPC:2");

    @Test
    void everyFaultEndsRightOrIsSaidAndResumedRight() throws Exception {
        List<String> command = new ArrayList<>(List.of("python3", "-B", PROGRAM.toString()));
        if (Boolean.getBoolean("cairn.long")) {
            command.addAll(List.of("--seed", "" + Seed.next(), "--count", "100", "--seconds", "900"));
        } else {
            command.addAll(FEW);
        }
        command.addAll(List.of("--native", NATIVE.toRealPath().toString(), "--"));
        List<String> cairn = Cairn.after("-Dcairn.native.dir=any");
        command.add(cairn.get(1));
        command.add(cairn.get(0));
        command.addAll(cairn.subList(2, cairn.size()));
        Path said = Files.createTempFile("cairn-faults", ".txt");
        try {
            Process campaign = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            boolean ended = campaign.waitFor(20, TimeUnit.MINUTES);
            campaign.destroyForcibly();
            System.out.println(Files.readString(said));
            assertThat(ended).isTrue();
            assertThat(campaign.exitValue()).as("%s", Files.readString(said)).isZero();
        } finally {
            Files.delete(said);
        }
    }
}
