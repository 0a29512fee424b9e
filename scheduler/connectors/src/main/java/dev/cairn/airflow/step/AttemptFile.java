package dev.cairn.airflow.step;

import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The decisions of an attempt, in {@code airflow.json} in its folder. Each decision is durable before it takes effect,
 * so that another runner can continue from the file. A view on the document's tree; confined to one thread at a time.
 */
final class AttemptFile {
    private static final DocumentType TYPE = new DocumentType("cairn.airflow", 1);
    private static final String NAME = "airflow.json";

    private final Path folder;
    private final ObjectNode root;

    private AttemptFile(Path folder, ObjectNode root) {
        this.folder = folder;
        this.root = root;
    }

    /** Nothing is written yet. */
    static AttemptFile create(Path folder, ObjectNode told, Limits limits, Path log, Instant now) {
        ObjectNode root = TYPE.create();
        root.set("with", told);
        root.put("started_at", now.toString());
        limits.timeout().ifPresent(timeout -> root.put("timeout_ms", timeout.toMillis()));
        root.put("spent_ms", limits.spent().toMillis());
        root.put("log", log.toString());
        return new AttemptFile(folder, root);
    }

    static Optional<AttemptFile> read(Path folder) throws IOException {
        return TYPE.readIfPresent(folder.resolve(NAME)).map(root -> new AttemptFile(folder, root));
    }

    /** The file of the newest earlier attempt that requested a DAG run. */
    static Optional<AttemptFile> before(Path folder) throws IOException {
        for (int number = Integer.parseInt(folder.getFileName().toString()) - 1; number > 0; number--) {
            Optional<AttemptFile> earlier = read(folder.resolveSibling("%03d".formatted(number)));
            if (earlier.isPresent()) {
                return earlier;
            }
        }
        return Optional.empty();
    }

    void save() throws IOException {
        TYPE.write(folder.resolve(NAME), root);
    }

    /** Saves data that may be lost: what was written to the log. */
    void saveUnsynced() throws IOException {
        DurableFiles.replaceUnsynced(folder.resolve(NAME), DocumentType.bytes(root));
    }

    /** @throws IllegalArgumentException for an invalid key, which the message names */
    DagRunSpec order() {
        return DagRunSpec.of((ObjectNode) root.path("with"));
    }

    Path log() {
        return Path.of(root.path("log").asString());
    }

    Instant startedAt() {
        return Instant.parse(root.path("started_at").asString());
    }

    Limits limits() {
        return new Limits(
                root.has("timeout_ms")
                        ? Optional.of(Duration.ofMillis(root.path("timeout_ms").asLong()))
                        : Optional.empty(),
                Duration.ofMillis(root.path("spent_ms").asLong(0)));
    }

    String runId() {
        return root.path("dag_run_id").asString();
    }

    int generation() {
        return root.path("generation").asInt(1);
    }

    /**
     * The logical date to request: the user's. For Airflow 2 there is always one; without the user's, a date that no
     * other run has.
     */
    Instant logicalDate() {
        return Instant.parse(root.path("logical_date").asString());
    }

    /** A new DAG run. */
    void choose(String runId, int generation, Instant logicalDate) {
        root.put("dag_run_id", runId)
                .put("generation", generation)
                .put("logical_date", logicalDate.toString())
                .put("existing_failure", false)
                .put("seen", false);
        root.set("conf", order().conf());
    }

    /** The DAG run of an earlier attempt. */
    void inherit(AttemptFile earlier) {
        root.put("dag_run_id", earlier.runId())
                .put("generation", earlier.generation())
                .put("logical_date", earlier.root.path("logical_date").asString())
                .put("existing_failure", earlier.hasSeenFailure())
                .put("seen", earlier.hasBeenSeen());
        root.set("conf", earlier.conf());
    }

    /** The conf with which the DAG run was requested. */
    ObjectNode conf() {
        return (ObjectNode) root.path("conf");
    }

    /** Whether an earlier attempt ended because this DAG run failed. */
    boolean isExistingFailure() {
        return root.path("existing_failure").asBoolean(false);
    }

    boolean hasSeenFailure() {
        return root.path("seen_failure").asBoolean(false);
    }

    void seenFailure() {
        root.put("seen_failure", true);
    }

    /** Whether Airflow has confirmed that the DAG run exists. If it is missing later, it was deleted. */
    boolean hasBeenSeen() {
        return root.path("seen").asBoolean(false);
    }

    void seen() {
        root.put("seen", true);
    }

    /** The end of the DAG run before it was cleared; empty while none is being cleared. */
    Optional<String> clearing() {
        return root.has("clearing") ? Optional.of(root.path("clearing").asString()) : Optional.empty();
    }

    /** @param endOfRun distinguishes the cleared failure from a later one */
    void clearing(String endOfRun) {
        root.put("clearing", endOfRun).put("existing_failure", false);
    }

    /** The reason why the DAG run must end, as the wire form of a cause; empty if there is none. */
    Optional<String> ending() {
        return root.has("ending") ? Optional.of(root.path("ending").asString()) : Optional.empty();
    }

    void ending(String cause) {
        root.put("ending", cause);
    }

    /** The part of the log that has been written, by its subject. */
    ObjectNode told() {
        return root.withObjectProperty("told");
    }

    /**
     * @param timeout limit for the running time in all
     * @param spent the part that earlier attempts used
     */
    record Limits(Optional<Duration> timeout, Duration spent) {}
}
