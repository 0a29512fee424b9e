package dev.cairn.approval;

import dev.cairn.files.DocumentType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The question of an approval's attempt and the decision: {@code approval.json} in its folder. The runner writes it
 * with the question, {@code cairn approve} adds a person's decision, and the runner records that it has used the
 * decision. A view of the document's tree; confined to one thread.
 */
public final class Approval {
    private static final DocumentType TYPE = new DocumentType("cairn.approval", 1);
    private static final String NAME = "approval.json";

    private final Path file;
    private final ObjectNode root;

    private Approval(Path file, ObjectNode root) {
        this.file = file;
        this.root = root;
    }

    /** Nothing is written yet. */
    static Approval ask(Path attempt, String question, Instant now, Optional<Duration> timeLeft) {
        ObjectNode root = TYPE.create();
        root.put("question", question).put("asked_at", now.toString());
        timeLeft.ifPresent(left -> root.put("until", now.plus(left).toString()));
        return new Approval(attempt.resolve(NAME), root);
    }

    /** Empty if the attempt has not asked. */
    public static Optional<Approval> read(Path attempt) throws IOException {
        Path file = attempt.resolve(NAME);
        return TYPE.readIfPresent(file, root -> {
            Approval approval = new Approval(file, root);
            approval.decision();
            approval.askedAt();
            approval.until();
            return approval;
        });
    }

    void save() throws IOException {
        TYPE.write(file, root);
    }

    public String question() {
        return root.path("question").asString("");
    }

    Instant askedAt() {
        return Instant.parse(root.path("asked_at").asString(Instant.EPOCH.toString()));
    }

    /** When the step's time limit ends. */
    Optional<Instant> until() {
        return root.path("until").asStringOpt().map(Instant::parse);
    }

    /**
     * A person's decision.
     *
     * @param by the name of the person
     * @param comment may be empty
     */
    public record Decision(boolean approved, String by, Instant at, String comment) {
        /** For a person: {@code approved by ann: looks good}. */
        public String words() {
            return (approved ? "approved by " : "rejected by ") + by + (comment.isEmpty() ? "" : ": " + comment);
        }
    }

    /** Empty before the decision. */
    public Optional<Decision> decision() {
        return root.path("approved").isBoolean()
                ? Optional.of(new Decision(
                        root.path("approved").booleanValue(),
                        root.path("by").asString("an unknown user"),
                        Instant.parse(root.path("decided_at").asString(Instant.EPOCH.toString())),
                        root.path("comment").asString("")))
                : Optional.empty();
    }

    /** Durable when it returns. */
    public void decide(Decision decision) throws IOException {
        root.put("approved", decision.approved())
                .put("by", decision.by())
                .put("decided_at", decision.at().toString())
                .put("comment", decision.comment());
        save();
    }

    /** Whether an attempt has ended by the decision, which then does not count for the next. */
    boolean isTaken() {
        return root.path("taken").asBoolean(false);
    }

    void take() throws IOException {
        root.put("taken", true);
        save();
    }
}
