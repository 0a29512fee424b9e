package dev.cairn.airflow.step;

import dev.cairn.workflow.value.Durations;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The values of {@code with}; immutable.
 *
 * @param onFailed what a further attempt does with a failed DAG run
 * @param logs whether the tasks' own logs go into the step's log
 * @param poll the longest pause between two polls
 * @param xcoms the XComs by the name of the output that gets the value
 * @param outputs the files of the outputs
 */
record DagRunSpec(
        String connection,
        String dag,
        JsonNode conf,
        Optional<Instant> logicalDate,
        Optional<String> note,
        OnFailed onFailed,
        boolean logs,
        Duration poll,
        Map<String, XComName> xcoms,
        Map<String, Path> outputs) {
    private static final Duration LONGEST_POLL = Duration.ofSeconds(30);

    enum OnFailed {
        FAIL,
        CLEAR,
        NEW
    }

    /** @throws IllegalArgumentException for an invalid key, which the message names */
    static DagRunSpec of(ObjectNode told) {
        JsonNode conf = told.path("conf");
        if (!conf.isMissingNode() && !conf.isNull() && !conf.isObject()) {
            throw new IllegalArgumentException("with.conf must be a mapping");
        }
        Map<String, Path> outputs = new TreeMap<>();
        told.path("outputs")
                .properties()
                .forEach(file ->
                        outputs.put(file.getKey(), Path.of(file.getValue().asString())));
        return new DagRunSpec(
                text(told, "connection").orElseThrow(() -> new IllegalArgumentException("with.connection is empty")),
                text(told, "dag").orElseThrow(() -> new IllegalArgumentException("with.dag is empty")),
                conf.isObject() ? conf : told.objectNode(),
                text(told, "logical_date").map(DagRunSpec::date),
                text(told, "note"),
                text(told, "on_existing_failure").map(DagRunSpec::onFailed).orElse(OnFailed.FAIL),
                told.path("logs").asBoolean(false),
                text(told, "poll").map(DagRunSpec::duration).orElse(LONGEST_POLL),
                xcoms(told.path("xcom"), outputs),
                outputs);
    }

    private static Map<String, XComName> xcoms(JsonNode node, Map<String, Path> outputs) {
        Map<String, XComName> xcoms = new TreeMap<>();
        node.properties().forEach(entry -> xcoms.put(entry.getKey(), XComName.of(entry.getKey(), entry.getValue())));
        for (String name : xcoms.keySet()) {
            if (!outputs.containsKey(name)) {
                throw new IllegalArgumentException("with.xcom." + name + ": 'outputs' must say into which file it goes:"
                        + " outputs: {" + name + ": PATH}");
            }
        }
        for (String name : outputs.keySet()) {
            if (!xcoms.containsKey(name)) {
                throw new IllegalArgumentException("outputs." + name + ": 'with.xcom' must say which task's value it"
                        + " gets: xcom: {" + name + ": TASK}");
            }
        }
        return xcoms;
    }

    private static Optional<String> text(ObjectNode told, String name) {
        JsonNode value = told.path(name);
        return value.isValueNode() && !value.isNull() && !value.asString().isEmpty()
                ? Optional.of(value.asString())
                : Optional.empty();
    }

    private static Instant date(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "with.logical_date is \"" + text + "\"; write it with its zone, e.g. 2026-01-31T00:00:00Z", e);
        }
    }

    private static OnFailed onFailed(String text) {
        try {
            return OnFailed.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "with.on_existing_failure is fail, clear or new, not \"" + text + "\"", e);
        }
    }

    private static Duration duration(String text) {
        return Durations.parse(text)
                .filter(length -> !length.isZero())
                .orElseThrow(() -> new IllegalArgumentException("with.poll is \"" + text + "\"; write e.g. 30s"));
    }
}
