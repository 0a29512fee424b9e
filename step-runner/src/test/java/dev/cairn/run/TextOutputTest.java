package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outputs that are texts. */
class TextOutputTest {
    private static final String FLOW = """
            name: n
            steps:
              - {id: count, run: count, outputs: {rows: $CAIRN_OUTPUT}}
              - {id: load, run: "load ${{ steps.count.outputs.rows }}", if: steps.count.outputs.rows > 4}
            """;

    @TempDir
    private Path folder;

    private Bench bench;

    @BeforeEach
    void open() {
        bench = new Bench(folder);
        bench.engine().program("load", FakeStep::succeed);
    }

    private static void write(FakeStep step, String text) {
        try {
            Files.writeString(
                    Path.of(step.launch().environment().get("CAIRN_OUTPUT")),
                    text,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Bench.Running run(RunState expected) throws Exception {
        Bench.Running run = bench.start(bench.flow(FLOW));
        assertThat(run.outcome().state()).as(run.outcome().toString()).isEqualTo(expected);
        return run;
    }

    @Test
    void reachTheStepsThatNeedThem() throws Exception {
        bench.engine().program("count", step -> {
            write(step, "rows=5\n");
            step.succeed();
        });
        Bench.Running run = run(RunState.SUCCEEDED);
        assertThat(run.step("count").texts()).containsEntry("rows", "5");
        assertThat(bench.engine().starts().get(1).launch().command()).last().isEqualTo("load 5");
    }

    @Test
    void mustBeWritten() throws Exception {
        bench.engine().program("count", FakeStep::succeed);
        Bench.Running run = run(RunState.FAILED);
        assertThat(run.step("count").message())
                .contains("it ended well but did not leave its declared outputs: rows ($CAIRN_OUTPUT)");
    }

    /** Nothing is rolled back: the file of the first attempt would count for the second. */
    @Test
    void areNotThoseOfAnAttemptThatFailed() throws Exception {
        String flow = FLOW.replace("run: count,", "run: count, rollback: none,");
        bench.engine().program("count", step -> {
            write(step, "rows=5\n");
            step.fail(1);
        });
        assertThat(bench.start(bench.flow(flow)).outcome().state()).isEqualTo(RunState.FAILED);
        bench.engine().program("count", FakeStep::succeed);
        assertThat(bench.start(bench.flow(flow)).outcome().state()).isEqualTo(RunState.FAILED);
    }
}
