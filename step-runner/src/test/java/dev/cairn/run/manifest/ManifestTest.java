package dev.cairn.run.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.cairn.engine.EndCause;
import dev.cairn.files.DocumentException;
import dev.cairn.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class ManifestTest {
    private static final Pattern EXAMPLE = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL);
    private static final WriteGuard FREE = () -> {};

    @TempDir
    Path folder;

    private RunFolder run;

    @BeforeEach
    void folders() throws Exception {
        run = new RunFolder(folder.resolve("nightly-20260301-020000-k3x9"));
        DurableFiles.createFolders(run.step("train.1").path());
    }

    private static List<String> errors(String schema, String document) {
        Schema compiled = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(JsonMapper.shared().readTree(schema));
        return compiled.validate(JsonMapper.shared().readTree(document)).stream()
                .map(Error::toString)
                .toList();
    }

    private static String example(int number) throws Exception {
        Path docs = Path.of("docs/manifest.md");
        String text = Files.readString(
                Files.exists(docs) ? docs : Path.of("step-runner").resolve(docs));
        Matcher example = EXAMPLE.matcher(text);
        for (int i = 0; i <= number; i++) {
            assertThat(example.find()).isTrue();
        }
        return example.group(1);
    }

    @Test
    void theDocumentedRunIsValidAndIsRead() throws Exception {
        assertThat(errors(ManifestSchemas.run(), example(0))).isEmpty();
        Files.writeString(run.manifest(), example(0));
        RunManifest read = RunManifest.read(run);
        assertThat(read.state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(read.origin().workflow()).contains(Path.of("/home/u/project/flow.yaml"));
        assertThat(read.origin().inputs()).containsEntry("date", "2026-03-01");
        assertThat(read.steps())
                .containsEntry("train.1", new RunManifest.StepLine(StepState.INTERRUPTED, OptionalLong.of(7)));
    }

    @Test
    void theDocumentedStepIsValidAndIsRead() throws Exception {
        assertThat(errors(ManifestSchemas.step(), example(1))).isEmpty();
        Files.writeString(run.step("train.1").document(), example(1));
        StepManifest read = StepManifest.read(run.step("train.1")).orElseThrow();
        assertThat(read.attempts()).hasSize(2);
        assertThat(read.attempts().get(0).endedBy(EndCause.LOST)).isTrue();
        assertThat(read.attempts().get(1).passed())
                .containsExactly(new RejectedImage(2, "chunk 3: checksum does not match"));
        assertThat(read.images()).extracting(ImageRecord::sequence).containsExactly(1L);
    }

    @Test
    void whatIsWrittenIsValid() throws Exception {
        RunOrigin ofCommand = new RunOrigin(
                "count",
                Optional.of("count"),
                Optional.empty(),
                Optional.of(new CommandOrigin(
                        List.of("python3", "count.py"),
                        Map.of("A", "b"),
                        "native",
                        0,
                        OptionalInt.of(3),
                        true,
                        true,
                        1L << 30,
                        true,
                        List.of("/data/results.db"),
                        OptionalLong.of(1000),
                        1,
                        Optional.of(new CommandOrigin.TerminalSize(24, 80)),
                        Optional.empty())),
                folder,
                "",
                Map.of(),
                Map.of("PATH", "/bin"));
        RunManifest manifest = RunManifest.create(run, ofCommand, Instant.now());
        manifest.step("main", new RunManifest.StepLine(StepState.RUNNING, OptionalLong.empty()));
        manifest.save(FREE, Instant.now());
        assertThat(errors(ManifestSchemas.run(), Files.readString(run.manifest())))
                .isEmpty();
        assertThat(RunManifest.read(run).origin()).isEqualTo(ofCommand);

        StepManifest step = StepManifest.create(run.step("train.1"));
        step.save(FREE);
        assertThat(errors(
                        ManifestSchemas.step(),
                        Files.readString(run.step("train.1").document())))
                .isEmpty();
    }

    @Test
    void everyStateAndCauseIsInTheSchema() {
        for (StepState state : StepState.values()) {
            assertThat(ManifestSchemas.step()).contains("\"" + state.wire() + "\"");
            assertThat(ManifestSchemas.run()).contains("\"" + state.wire() + "\"");
        }
        for (EndCause cause : EndCause.values()) {
            assertThat(ManifestSchemas.step()).contains("\"" + cause.wire() + "\"");
        }
        for (RunState state : RunState.values()) {
            assertThat(ManifestSchemas.run()).contains("\"" + state.wire() + "\"");
        }
    }

    @Test
    void fieldsOfANewerCairnOutliveARewrite() throws Exception {
        Files.writeString(
                run.step("train.1").document(),
                example(1)
                        .replace("\"budget_from\": 1,", "\"budget_from\": 1, \"colour\": \"blue\",")
                        .replace("\"number\": 1,", "\"number\": 1, \"mood\": \"good\",")
                        .replace("\"sequence\": 1,", "\"sequence\": 1, \"smell\": \"fresh\","));
        StepManifest step = StepManifest.read(run.step("train.1")).orElseThrow();
        step.put(step.attempts().get(0).journalled(9));
        step.images(step.images());
        step.state(StepState.FAILED, "no");
        step.save(FREE);
        assertThat(Files.readString(run.step("train.1").document()))
                .contains("\"colour\"")
                .contains("\"mood\"")
                .contains("\"smell\"")
                .contains("\"failed\"");
    }

    @Test
    void refusesAStateThatNoVersionWrites() throws Exception {
        Path file = run.step("train.1").document();
        Files.writeString(file, example(1).replace("\"state\": \"running\"", "\"state\": \"dreaming\""));
        assertThatThrownBy(() -> StepManifest.read(run.step("train.1")))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("DREAMING");
    }

    @Test
    void writesNothingWhenItsGuardForbidsIt() throws Exception {
        StepManifest step = StepManifest.create(run.step("train.1"));
        assertThatThrownBy(() -> step.save(() -> {
                    throw new IOException("taken over");
                }))
                .hasMessage("taken over");
        assertThat(run.step("train.1").document()).doesNotExist();
    }
}
