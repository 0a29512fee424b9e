package dev.cairn.run.manifest;

import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One step's part of the manifest, {@code step.json}: the truth about it. A view on the document's tree, so that unknown fields
 * outlive a rewrite. Confined to the thread that holds the step.
 */
public final class StepManifest {
    private static final DocumentType TYPE = new DocumentType("cairn.step", 1);
    private final StepFolder folder;
    private final ObjectNode root;

    private StepManifest(StepFolder folder, ObjectNode root) {
        this.folder = folder;
        this.root = root;
    }

    /** A step that has not been started; nothing is written. */
    public static StepManifest create(StepFolder folder) {
        ObjectNode root = TYPE.create();
        root.put("step", folder.stepId()).put("state", StepState.PENDING.wire());
        root.putNull("waiting_until").putNull("message").put("budget_from", 1);
        root.putArray("attempts");
        root.putArray("images");
        root.putObject("outputs");
        root.putObject("texts");
        return new StepManifest(folder, root);
    }

    /** What is on disk; empty when the step has never been started. */
    public static Optional<StepManifest> read(StepFolder folder) throws IOException {
        return TYPE.readIfPresent(folder.document(), root -> {
            StepManifest manifest = new StepManifest(folder, root);
            manifest.look();
            return manifest;
        });
    }

    /** Reads every field, so that an invalid value is found here and not at its first use. */
    private void look() {
        state();
        waitingUntil();
        budgetFrom();
        imagesFrom();
        attempts();
        images();
        scripts();
        scriptDigests();
        outputs();
        texts();
        reuseKey();
        reusedFrom();
    }

    /** Takes over what is on disk now, where another process holds the step. */
    public void reload() throws IOException {
        Optional<StepManifest> now = read(folder);
        if (now.isPresent()) {
            root.removeAll();
            root.setAll(now.get().root);
        }
    }

    /** Publishes it durably, when the guard allows; makes the step's folder when it is missing. */
    public void save(WriteGuard guard) throws IOException {
        guard.publish(folder.document(), this::write);
    }

    /** Like {@link #save} without waiting; see {@link Publisher#offer}. */
    public void offer(Publisher publisher) throws IOException {
        publisher.offer(folder.document(), this::write);
    }

    private void write() throws IOException {
        DurableFiles.createFolders(folder.path());
        TYPE.write(folder.document(), root);
    }

    public StepFolder folder() {
        return folder;
    }

    public String stepId() {
        return folder.stepId();
    }

    public StepState state() {
        return StepState.fromWire(ManifestFields.text(root, "state"));
    }

    /** Leaves any waiting behind. */
    public void state(StepState state, String message) {
        root.put("state", state.wire()).put("message", message).putNull("waiting_until");
    }

    /** The state waiting, until then. */
    public void waitUntil(Instant until, String message) {
        state(StepState.WAITING, message);
        ManifestFields.put(root, "waiting_until", until);
    }

    public Optional<Instant> waitingUntil() {
        return ManifestFields.optionalInstant(root, "waiting_until");
    }

    /** Why it is in its state, for a person; may be empty. */
    public String message() {
        return ManifestFields.text(root, "message");
    }

    /** Attempts before this number do not count against the budgets, since a user has restarted the step. */
    public int budgetFrom() {
        return ManifestFields.count(root, "budget_from", 1);
    }

    /** Lets the step run again, with full budgets. */
    public void reopen() {
        state(StepState.PENDING, "");
        root.put("budget_from", nextAttempt());
    }

    /**
     * Lets the step run again from its beginning; its work so far no longer counts.
     *
     * @param anew even if an earlier success could stand for it
     */
    public void runAgain(boolean anew) {
        reopen();
        root.put("runs_anew", anew);
        reuseKey(Optional.empty());
        reusedFrom(Optional.empty());
        startOver();
        outputs(Map.of());
        texts(Map.of());
    }

    /** Whether a user wants it to run even if an earlier success could stand for it. */
    public boolean runsAnew() {
        return root.path("runs_anew").asBoolean(false);
    }

    /** Of a step with {@code cache}: the digest of what its outputs depend on, when it was started. */
    public Optional<String> reuseKey() {
        return ManifestFields.optionalText(root, "reuse_key");
    }

    public void reuseKey(Optional<String> key) {
        root.put("reuse_key", key.orElse(null));
    }

    /** The run whose outputs stand for the step's; it has not run itself then. */
    public Optional<String> reusedFrom() {
        return ManifestFields.optionalText(root, "reused_from");
    }

    public void reusedFrom(Optional<String> run) {
        root.put("reused_from", run.orElse(null));
    }

    /** From now on it resumes from no image of the attempts so far. */
    public void startOver() {
        root.put("images_from", nextAttempt());
    }

    /** Images of attempts before this number are of work that was given up. */
    public int imagesFrom() {
        return ManifestFields.count(root, "images_from", 1);
    }

    /** Since the step was last restarted. */
    public boolean wasStarted() {
        return nextAttempt() > budgetFrom();
    }

    public List<AttemptRecord> attempts() {
        return ManifestFields.list(root, "attempts").map(AttemptRecord::from).toList();
    }

    public Optional<AttemptRecord> lastAttempt() {
        List<AttemptRecord> all = attempts();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /** The last attempt if it has no recorded end: it runs, or its runner died. */
    public Optional<AttemptRecord> openAttempt() {
        return lastAttempt().filter(attempt -> attempt.end().isEmpty());
    }

    /** The number of the attempt that comes next. */
    public int nextAttempt() {
        return lastAttempt().map(AttemptRecord::number).orElse(0) + 1;
    }

    /** Adds an attempt, or writes the newer version of one over it. */
    public void put(AttemptRecord attempt) {
        attempt.into(element(root.withArrayProperty("attempts"), "number", attempt.number()));
    }

    /** Takes an attempt back that was never begun. */
    public void withdraw(AttemptRecord attempt) {
        root.withArrayProperty("attempts").removeIf(node -> node.path("number").asInt(-1) == attempt.number());
    }

    /** The files that the command of the newest attempt named when it was started. */
    public List<Path> scripts() {
        return ManifestFields.list(root, "scripts")
                .map(path -> Path.of(path.asString()))
                .toList();
    }

    /** The digests of those that could be read then. */
    public Map<String, String> scriptDigests() {
        return ManifestFields.texts(root, "script_digests");
    }

    public void scripts(List<Path> scripts, Map<String, String> digests) {
        ArrayNode paths = root.putArray("scripts");
        scripts.forEach(script -> paths.add(script.toString()));
        ManifestFields.put(root, "script_digests", digests);
    }

    /** The images that are there, oldest first. */
    public List<ImageRecord> images() {
        return ManifestFields.list(root, "images").map(ImageRecord::from).toList();
    }

    /** Says which images are there; those left out have been deleted. */
    public void images(List<ImageRecord> present) {
        ArrayNode old = root.withArrayProperty("images");
        ArrayNode kept = old.arrayNode();
        for (ImageRecord image : present) {
            ObjectNode node = element(old, "sequence", image.sequence());
            image.into(node);
            kept.add(node);
        }
        root.set("images", kept);
    }

    /** The files that it has left, by the name of the output. */
    public Map<String, String> outputs() {
        return ManifestFields.texts(root, "outputs");
    }

    public void outputs(Map<String, String> outputs) {
        ManifestFields.put(root, "outputs", outputs);
    }

    /** What it has written to {@code $CAIRN_OUTPUT}, by the name of the output. */
    public Map<String, String> texts() {
        return root.has("texts") ? ManifestFields.texts(root, "texts") : Map.of();
    }

    public void texts(Map<String, String> texts) {
        ManifestFields.put(root, "texts", texts);
    }

    private static ObjectNode element(ArrayNode list, String key, long id) {
        ToLongFunction<JsonNode> idOf = node -> node.path(key).asLong(-1);
        return list.valueStream()
                .filter(node -> idOf.applyAsLong(node) == id)
                .map(ObjectNode.class::cast)
                .findFirst()
                .orElseGet(list::addObject);
    }
}
