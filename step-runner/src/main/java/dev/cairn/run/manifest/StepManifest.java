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
 * One step's part of the manifest, {@code step.json}: the truth about it. It is a view of the document's tree, so
 * unknown fields survive a rewrite. Confined to the thread that owns the step.
 */
public final class StepManifest {
    private static final DocumentType TYPE = new DocumentType("cairn.step", 1);
    private final StepFolder folder;
    private final ObjectNode root;

    private StepManifest(StepFolder folder, ObjectNode root) {
        this.folder = folder;
        this.root = root;
    }

    /** A step that has not been started. Writes nothing. */
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

    /** Reads the document; empty if the step has never been started. */
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

    /** Reads the document again, because another process owns the step. */
    public void reload() throws IOException {
        Optional<StepManifest> now = read(folder);
        if (now.isPresent()) {
            root.removeAll();
            root.setAll(now.get().root);
        }
    }

    /** Publishes it durably, if the guard allows. Makes the step's folder if it is missing. */
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

    /** Sets the state to waiting, until that time. */
    public void waitUntil(Instant until, String message) {
        state(StepState.WAITING, message);
        ManifestFields.put(root, "waiting_until", until);
    }

    public Optional<Instant> waitingUntil() {
        return ManifestFields.optionalInstant(root, "waiting_until");
    }

    /** The reason for its state, for a person; may be empty. */
    public String message() {
        return ManifestFields.text(root, "message");
    }

    /** Attempts before this number do not count against the budgets, because a user has restarted the step. */
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
     * @param anew even if the outputs of an earlier success could be used
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

    /** Whether a user wants the step to run even if the outputs of an earlier success could be used. */
    public boolean runsAnew() {
        return root.path("runs_anew").asBoolean(false);
    }

    /** For a step with {@code cache}: the digest of everything on which its outputs depend, from its start. */
    public Optional<String> reuseKey() {
        return ManifestFields.optionalText(root, "reuse_key");
    }

    public void reuseKey(Optional<String> key) {
        root.put("reuse_key", key.orElse(null));
    }

    /** The run whose outputs the step uses, so that it has not run itself. */
    public Optional<String> reusedFrom() {
        return ManifestFields.optionalText(root, "reused_from");
    }

    public void reusedFrom(Optional<String> run) {
        root.put("reused_from", run.orElse(null));
    }

    /** Abandons the images of all attempts so far: the step resumes from none of them. */
    public void startOver() {
        root.put("images_from", nextAttempt());
    }

    /** Images of attempts before this number hold abandoned work. */
    public int imagesFrom() {
        return ManifestFields.count(root, "images_from", 1);
    }

    /** Whether it was started since a user last restarted it. */
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

    /** The last attempt, if its end is not recorded: it runs, or its runner died. */
    public Optional<AttemptRecord> openAttempt() {
        return lastAttempt().filter(attempt -> attempt.end().isEmpty());
    }

    /** The number of the attempt that comes next. */
    public int nextAttempt() {
        return lastAttempt().map(AttemptRecord::number).orElse(0) + 1;
    }

    /** Adds an attempt, or replaces it by a newer version. */
    public void put(AttemptRecord attempt) {
        attempt.into(element(root.withArrayProperty("attempts"), "number", attempt.number()));
    }

    /** Removes an attempt that never began. */
    public void withdraw(AttemptRecord attempt) {
        root.withArrayProperty("attempts").removeIf(node -> node.path("number").asInt(-1) == attempt.number());
    }

    /** The files that the newest attempt's command named at its start. */
    public List<Path> scripts() {
        return ManifestFields.list(root, "scripts")
                .map(path -> Path.of(path.asString()))
                .toList();
    }

    /** The digests of the files that could be read then. */
    public Map<String, String> scriptDigests() {
        return ManifestFields.texts(root, "script_digests");
    }

    public void scripts(List<Path> scripts, Map<String, String> digests) {
        ArrayNode paths = root.putArray("scripts");
        scripts.forEach(script -> paths.add(script.toString()));
        ManifestFields.put(root, "script_digests", digests);
    }

    /** The existing images, oldest first. */
    public List<ImageRecord> images() {
        return ManifestFields.list(root, "images").map(ImageRecord::from).toList();
    }

    /** Sets the existing images. Images left out have been deleted. */
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

    /** The files that it has left, by the names of the outputs. */
    public Map<String, String> outputs() {
        return ManifestFields.texts(root, "outputs");
    }

    public void outputs(Map<String, String> outputs) {
        ManifestFields.put(root, "outputs", outputs);
    }

    /** The texts that it has written to {@code $CAIRN_OUTPUT}, by the names of the outputs. */
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
