package dev.cairn.run.manifest;

import dev.cairn.files.DocumentType;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The run's part of the manifest, {@code manifest.json}. It is a view of the document's tree, so unknown fields survive
 * a rewrite. Confined to the thread that runs the run.
 *
 * <p>Its index of the steps is for quick overviews and may be outdated; {@link StepManifest} is the truth.
 */
public final class RunManifest {
    private static final DocumentType TYPE = new DocumentType("cairn.run", 1);
    private static final String NEXT_DIGEST = "next_digest";
    private static final String JOB_START = "job_start";

    private final RunFolder folder;
    private final ObjectNode root;

    private RunManifest(RunFolder folder, ObjectNode root) {
        this.folder = folder;
        this.root = root;
    }

    /** A new run. Writes nothing. */
    public static RunManifest create(RunFolder folder, RunOrigin origin, Instant now) {
        ObjectNode root = TYPE.create();
        root.put("id", folder.runId());
        origin.into(root);
        root.put("state", RunState.RUNNING.wire()).putNull("message");
        ManifestFields.put(root, "created_at", now);
        ManifestFields.put(root, "updated_at", now);
        root.putNull("ended_at");
        root.putObject("steps");
        return new RunManifest(folder, root);
    }

    /** @throws java.nio.file.NoSuchFileException if there is no such run */
    public static RunManifest read(RunFolder folder) throws IOException {
        return TYPE.read(folder.manifest(), root -> {
            RunManifest manifest = new RunManifest(folder, root);
            manifest.look();
            return manifest;
        });
    }

    /** Reads every field, so that an invalid value is found here and not at its first use. */
    private void look() {
        state();
        createdAt();
        updatedAt();
        endedAt();
        driven();
        jobStart();
        ManifestFields.object(root, "steps");
        ManifestFields.object(root, "workflow");
        steps();
        RunOrigin origin = origin();
        if (origin.workflow().isEmpty() && origin.command().isEmpty()) {
            throw new IllegalArgumentException("neither a workflow nor a command");
        }
    }

    /** Publishes it durably, if the guard allows. */
    public void save(WriteGuard guard, Instant now) throws IOException {
        ManifestFields.put(root, "updated_at", now);
        guard.publish(folder.manifest(), this::write);
    }

    /** Like {@link #save} without waiting; see {@link Publisher#offer}. */
    public void offer(Publisher publisher, Instant now) throws IOException {
        ManifestFields.put(root, "updated_at", now);
        publisher.offer(folder.manifest(), this::write);
    }

    private void write() throws IOException {
        TYPE.write(folder.manifest(), root);
    }

    public RunFolder folder() {
        return folder;
    }

    public String id() {
        return folder.runId();
    }

    public RunOrigin origin() {
        return RunOrigin.from(root);
    }

    /** Continues the run with a changed workflow file. */
    public void origin(RunOrigin origin) {
        root.withObjectProperty("workflow").remove(NEXT_DIGEST);
        origin.into(root);
    }

    /** Records the digest of a text that is about to replace the workflow's. */
    public void announceText(String digest) {
        root.withObjectProperty("workflow").put(NEXT_DIGEST, digest);
    }

    /** Whether a text of this digest is the run's workflow. */
    public boolean knowsText(String digest) {
        JsonNode workflow = root.path("workflow");
        return digest.equals(ManifestFields.text(workflow, "digest"))
                || digest.equals(ManifestFields.text(workflow, NEXT_DIGEST));
    }

    public RunState state() {
        return RunState.fromWire(ManifestFields.text(root, "state"));
    }

    /** The reason for its state, for a person; may be empty. */
    public String message() {
        return ManifestFields.text(root, "message");
    }

    public void state(RunState state, String message, Instant now) {
        root.put("state", state.wire()).put("message", message);
        ManifestFields.putInstant(root, "ended_at", state.isFinal() ? Optional.of(now) : Optional.empty());
    }

    /** How long runners have driven it since it was started, or resumed after its end. */
    public Duration driven() {
        return Duration.ofMillis(ManifestFields.optionalLong(root, "driven_ms").orElse(0));
    }

    public void driven(Duration sofar) {
        root.put("driven_ms", sofar.toMillis());
    }

    public Instant createdAt() {
        return ManifestFields.instant(root, "created_at");
    }

    public Instant updatedAt() {
        return ManifestFields.instant(root, "updated_at");
    }

    /** The start of the Slurm job whose script last named this run. */
    public Optional<JobStart> jobStart() {
        JsonNode node = root.path(JOB_START);
        return node.isObject()
                ? Optional.of(new JobStart(ManifestFields.text(node, "job"), ManifestFields.count(node, "restart", 0)))
                : Optional.empty();
    }

    public void jobStart(JobStart start) {
        root.putObject(JOB_START).put("job", start.job()).put("restart", start.restart());
    }

    public Optional<Instant> endedAt() {
        return ManifestFields.optionalInstant(root, "ended_at");
    }

    /**
     * A line of the index of steps.
     *
     * @param label the label of a matrix instance, with its values
     */
    public record StepLine(StepState state, OptionalLong newestImage, Optional<String> label) {
        public StepLine(StepState state, OptionalLong newestImage) {
            this(state, newestImage, Optional.empty());
        }
    }

    /** The name of a step for people: its label, else its id. */
    public String label(String id) {
        return ManifestFields.optionalText(root.path("steps").path(id), "label").orElse(id);
    }

    /**
     * The ids of the steps that a name may mean: usually one, but several if instances of a matrix share their values.
     */
    public List<String> named(String idOrLabel) {
        Map<String, StepLine> steps = steps();
        return steps.containsKey(idOrLabel)
                ? List.of(idOrLabel)
                : steps.keySet().stream()
                        .filter(id -> label(id).equals(idOrLabel))
                        .toList();
    }

    /** The index of steps, in the order of the plan. */
    public Map<String, StepLine> steps() {
        Map<String, StepLine> lines = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> step : root.path("steps").properties()) {
            lines.put(
                    step.getKey(),
                    new StepLine(
                            StepState.fromWire(ManifestFields.text(step.getValue(), "state")),
                            ManifestFields.optionalLong(step.getValue(), "image"),
                            ManifestFields.optionalText(step.getValue(), "label")));
        }
        return lines;
    }

    /** Removes a step from the index, because its matrix has been decided. */
    public void forget(String id) {
        root.withObjectProperty("steps").remove(id);
    }

    public void step(String id, StepLine line) {
        ObjectNode node = root.withObjectProperty("steps").withObjectProperty(id);
        node.put("state", line.state().wire());
        ManifestFields.putOptional(node, "image", line.newestImage());
        line.label().ifPresent(label -> node.put("label", label));
    }
}
