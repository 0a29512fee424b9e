package dev.cairn.run.notify;

import dev.cairn.files.DocumentType;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The deliveries to each receiver of a run, in the run's {@code notify.json}. A delivery just before a kill may be missing, and is
 * repeated. Thread-safe.
 */
final class DeliveryHistory {
    private static final DocumentType TYPE = new DocumentType("cairn.notify", 1);

    private final Path file;
    private final ObjectNode root;

    private DeliveryHistory(Path file, ObjectNode root) {
        this.file = file;
        this.root = root;
    }

    /** Read it only while holding the run's {@link NotificationLock}. */
    static DeliveryHistory read(RunFolder run) throws IOException {
        Path file = run.notifications();
        return new DeliveryHistory(
                file, TYPE.readIfPresent(file, DeliveryHistory::checked).orElseGet(TYPE::create));
    }

    private static ObjectNode checked(ObjectNode root) {
        for (Map.Entry<String, JsonNode> receiver :
                root.withObjectProperty("receivers").properties()) {
            ObjectNode entry = (ObjectNode) receiver.getValue();
            entry.withArrayProperty("refused");
            entry.path("through").asLong(0);
            entry.optional("asked_at").ifPresent(time -> Instant.parse(time.asString()));
        }
        return root;
    }

    /** The number of the last notification that is delivered or refused; 0 before the first. */
    synchronized long through(Receiver receiver) {
        return entry(receiver).path("through").asLong(0);
    }

    synchronized void delivered(Receiver receiver, Notice notice) throws IOException {
        settle(receiver, notice);
        TYPE.write(file, root);
    }

    synchronized void refused(Receiver receiver, Notice notice, String reason) throws IOException {
        settle(receiver, notice)
                .withArrayProperty("refused")
                .addObject()
                .put("sequence", notice.sequence())
                .put("change", notice.change().wire())
                .put("reason", reason);
        TYPE.write(file, root);
    }

    /** Records why the next notification is undelivered. */
    synchronized void trouble(Receiver receiver, String reason) throws IOException {
        ObjectNode entry = entry(receiver);
        JsonNode known = entry.path("trouble");
        if (!known.asString("").equals(reason)) {
            entry.put("trouble", reason);
            TYPE.write(file, root);
        }
    }

    /** The request record for the next notification of this receiver. */
    Delivery.Asked asked(Receiver receiver) {
        return new Delivery.Asked() {
            @Override
            public Optional<Instant> at() {
                return askedAt(receiver);
            }

            @Override
            public void note(Instant now) throws IOException {
                asked(receiver, Optional.of(now));
            }

            @Override
            public void forget() throws IOException {
                asked(receiver, Optional.empty());
            }
        };
    }

    private synchronized Optional<Instant> askedAt(Receiver receiver) {
        return entry(receiver).optional("asked_at").map(time -> Instant.parse(time.asString()));
    }

    private synchronized void asked(Receiver receiver, Optional<Instant> at) throws IOException {
        ObjectNode entry = entry(receiver);
        at.ifPresentOrElse(time -> entry.put("asked_at", time.toString()), () -> entry.remove("asked_at"));
        TYPE.write(file, root);
    }

    private ObjectNode settle(Receiver receiver, Notice notice) {
        ObjectNode entry = entry(receiver).put("through", notice.sequence());
        entry.remove(List.of("trouble", "asked_at"));
        return entry;
    }

    private ObjectNode entry(Receiver receiver) {
        return root.withObjectProperty("receivers").withObjectProperty(receiver.name());
    }
}
