package dev.cairn.run.notify;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Presence;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.spec.Change;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads notifications from a run's {@code events.jsonl} as it grows. Confined to one thread. */
final class EventJournalReader {
    private final String run;
    private final String workflow;
    private final Optional<String> key;
    private final Path file;
    private long offset;
    private long lines;
    private boolean started;

    EventJournalReader(RunFolder folder, RunOrigin origin) {
        this.run = folder.runId();
        this.workflow = origin.name();
        this.key = origin.key();
        this.file = folder.events();
    }

    /**
     * Reads the events that were added since the last call. They are durable then, so a delivered number always means
     * the same event.
     */
    List<Notice> news() throws IOException {
        List<Notice> notices = new ArrayList<>();
        byte[] added = added();
        int begin = 0;
        for (int i = 0; i < added.length; i++) {
            if (added[i] == '\n') {
                lines++;
                notice(new String(added, begin, i - begin, StandardCharsets.UTF_8))
                        .ifPresent(notices::add);
                begin = i + 1;
            }
        }
        offset += begin;
        if (!notices.isEmpty()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                channel.force(false);
            }
        }
        return notices;
    }

    private byte[] added() throws IOException {
        if (!Presence.isThere(file)) {
            return new byte[0];
        }
        OrdinaryFile.checkOwn(file);
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] rest = new byte[Math.toIntExact(in.length() - offset)];
            in.seek(offset);
            in.readFully(rest);
            return rest;
        }
    }

    private Optional<Notice> notice(String line) {
        try {
            JsonNode event = JsonMapper.shared().readTree(line);
            return change(event)
                    .map(change -> new Notice(
                            run,
                            workflow,
                            key,
                            lines,
                            Instant.parse(event.path("at").asString("")),
                            change,
                            Optional.of(event.path("step").asString("")).filter(step -> !step.isEmpty()),
                            event.path("text").asString("")));
        } catch (JacksonException torn) {
            return Optional.empty();
        }
    }

    private Optional<Change> change(JsonNode event) {
        String state = event.path("state").asString("").toUpperCase(Locale.ROOT);
        return switch (event.path("event").asString("")) {
            case "attempt_started" -> Optional.of(Change.STEP_STARTED);
            case "step_changed" -> named("STEP_" + state);
            case "run_changed" -> state.equals("RUNNING") ? running(event) : named("RUN_" + state);
            default -> Optional.empty();
        };
    }

    /** With a message, it only says that jobs continue without a runner, which is not worth a notification. */
    private Optional<Change> running(JsonNode event) {
        if (!event.path("text").asString("").equals("run running")) {
            return Optional.empty();
        }
        Change change = started ? Change.RUN_RESUMED : Change.RUN_STARTED;
        started = true;
        return Optional.of(change);
    }

    /** Empty for intermediate states, such as {@code ready}, and for unknown ones. */
    private static Optional<Change> named(String name) {
        for (Change change : Change.values()) {
            if (change.name().equals(name)) {
                return Optional.of(change);
            }
        }
        return Optional.empty();
    }
}
