package dev.cairn.run.manifest;

import dev.cairn.workflow.plan.CheckpointPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A single command that is run as a checkpointed step.
 *
 * @param words program and arguments
 * @param environment variables added to the caller's
 * @param everyMillis interval between checkpoints; 0 lets Cairn choose, -1 takes one only on request
 * @param compression zstd level of its images, 0 for none; empty for the default
 * @param baselineCpu whether libraries are limited to x86-64-v2
 * @param keepBinaries whether mapped programs and libraries are kept with its images
 * @param journalBytes bytes that the journal of its file changes may keep; 0 for no journal
 * @param ioUring whether it may use io_uring
 * @param rollback files and folders that a resume rolls back as a whole, in addition to open files; absolute
 * @param timeoutMillis limit for the running time in all; empty for none
 * @param retries how often it is retried after failures
 * @param terminal size of its terminal; empty if it has none
 * @param stdin the file that it reads; empty for {@code /dev/null}
 */
public record CommandOrigin(
        List<String> words,
        Map<String, String> environment,
        String engine,
        long everyMillis,
        OptionalInt compression,
        boolean baselineCpu,
        boolean keepBinaries,
        long journalBytes,
        boolean ioUring,
        List<String> rollback,
        OptionalLong timeoutMillis,
        int retries,
        Optional<TerminalSize> terminal,
        Optional<String> stdin) {

    private static final String BASELINE = "baseline";

    /** In characters. */
    public record TerminalSize(int rows, int columns) {}

    public CommandOrigin {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
        rollback = List.copyOf(rollback);
    }

    static CommandOrigin from(JsonNode node) {
        return new CommandOrigin(
                words(node),
                ManifestFields.texts(node, "environment"),
                ManifestFields.text(node, "engine"),
                node.path("every_ms").asLong(0),
                node.path("compression").isInt()
                        ? OptionalInt.of(node.path("compression").intValue())
                        : OptionalInt.empty(),
                node.path("cpu").asString("").equals(BASELINE),
                node.path("keep_binaries").asBoolean(false),
                node.path("journal").asLong(CheckpointPlan.DEFAULT.journalBytes()),
                node.path("io_uring").asBoolean(false),
                texts(node.path("rollback")),
                ManifestFields.optionalLong(node, "timeout_ms"),
                ManifestFields.count(node, "retries", 0),
                node.path("terminal").isObject()
                        ? Optional.of(new TerminalSize(
                                ManifestFields.count(node.path("terminal"), "rows", 24),
                                ManifestFields.count(node.path("terminal"), "columns", 80)))
                        : Optional.empty(),
                ManifestFields.optionalText(node, "stdin"));
    }

    private static List<String> words(JsonNode node) {
        List<String> words = texts(node.path("words"));
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command without words");
        }
        return words;
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(text -> text.asString("")).toList();
    }

    void into(ObjectNode node) {
        ArrayNode list = node.putArray("words");
        words.forEach(list::add);
        ManifestFields.put(node, "environment", environment);
        node.put("engine", engine).put("every_ms", everyMillis);
        compression.ifPresent(level -> node.put("compression", level));
        if (baselineCpu) {
            node.put("cpu", BASELINE);
        }
        if (keepBinaries) {
            node.put("keep_binaries", true);
        }
        if (journalBytes != CheckpointPlan.DEFAULT.journalBytes()) {
            node.put("journal", journalBytes);
        }
        if (ioUring) {
            node.put("io_uring", true);
        }
        if (!rollback.isEmpty()) {
            ArrayNode paths = node.putArray("rollback");
            rollback.forEach(paths::add);
        }
        ManifestFields.putOptional(node, "timeout_ms", timeoutMillis);
        node.put("retries", retries);
        terminal.ifPresent(
                size -> node.putObject("terminal").put("rows", size.rows()).put("columns", size.columns()));
        ManifestFields.putOptional(node, "stdin", stdin);
    }
}
