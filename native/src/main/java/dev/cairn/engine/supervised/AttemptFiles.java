package dev.cairn.engine.supervised;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.files.FileChanges;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Presence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the files that a supervisor leaves in an attempt's folder. */
final class AttemptFiles {
    private static final String EXIT = "exit.json";
    private static final String SUPERVISOR = "supervisor.json";
    private static final String JOURNAL = "images.jsonl";
    private static final JsonMapper JSON = new JsonMapper();

    private AttemptFiles() {}

    /**
     * Removes only the files of a finished follow-up. Undone files stay, and so does the record of the end, in case the
     * other document is lost.
     */
    static void discard(Path attemptDir) throws IOException {
        for (String name : List.of(SpecFile.NAME, SUPERVISOR, JOURNAL)) {
            Files.deleteIfExists(attemptDir.resolve(name));
        }
    }

    /** The names of the files that this class reads. */
    static FileChanges changes(Path attemptDir) {
        return new FileChanges(attemptDir, attemptDir.resolve(JOURNAL));
    }

    static Optional<StepExit> exit(Path attemptDir) throws EngineException {
        Path file = attemptDir.resolve(EXIT);
        try {
            JsonNode exit = JSON.readTree(OrdinaryFile.readOwn(file));
            return Optional.of(new StepExit(
                    EndCause.fromWire(exit.required("cause").stringValue()),
                    optionalInt(exit.get("exit_code")),
                    optionalInt(exit.get("signal")),
                    Instant.parse(exit.required("at").stringValue()),
                    Duration.ofMillis(exit.required("running_ms").longValue()),
                    exit.required("message").stringValue(),
                    optionalLong(exit.get("image"))));
        } catch (NoSuchFileException running) {
            return givenUp(attemptDir.resolve(SUPERVISOR));
        } catch (IOException e) {
            throw new EngineException("reading " + file, e);
        } catch (JacksonException | IllegalArgumentException | DateTimeParseException e) {
            throw new EngineException(0, file + " is not what a supervisor writes: " + e.getMessage());
        }
    }

    /** Whether a supervisor has started for the attempt. */
    static boolean hasBegun(Path attemptDir) throws EngineException {
        Path supervisor = attemptDir.resolve(SUPERVISOR);
        try {
            return Presence.isThere(supervisor);
        } catch (IOException e) {
            throw new EngineException("reading " + supervisor, e);
        }
    }

    /**
     * An empty file closes the attempt: if its supervisor had not started when the next runner looked, it never will.
     */
    private static Optional<StepExit> givenUp(Path supervisor) throws EngineException {
        try {
            BasicFileAttributes is = Files.readAttributes(supervisor, BasicFileAttributes.class);
            return is.size() > 0
                    ? Optional.empty()
                    : Optional.of(new StepExit(
                            EndCause.LOST,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            is.lastModifiedTime().toInstant(),
                            Duration.ZERO,
                            "its runner was killed, or the machine went down, before the step had begun",
                            OptionalLong.empty()));
        } catch (NoSuchFileException notStarted) {
            return Optional.empty();
        } catch (IOException e) {
            throw new EngineException("reading " + supervisor, e);
        }
    }

    /** A torn last line, as after a power cut, does not count as a line. */
    static List<CheckpointOutcome> journal(Path attemptDir) throws EngineException {
        Path file = attemptDir.resolve(JOURNAL);
        String text;
        try {
            text = new String(OrdinaryFile.readOwn(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException notStarted) {
            return List.of();
        } catch (IOException e) {
            throw new EngineException("reading " + file, e);
        }
        List<CheckpointOutcome> outcomes = new ArrayList<>();
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            String line = text.substring(start, end);
            start = end + 1;
            try {
                outcomes.add(outcome(JSON.readTree(line)));
            } catch (JacksonException | IllegalArgumentException | DateTimeParseException e) {
                throw new EngineException(
                        0, file + ", line " + (outcomes.size() + 1) + " is not what a supervisor writes: " + line);
            }
        }
        return outcomes;
    }

    private static CheckpointOutcome outcome(JsonNode line) {
        JsonNode stood = line.get("stood_still_ms");
        if (stood != null) {
            return new CheckpointOutcome.StoodStill(
                    Instant.parse(line.required("at").stringValue()), Duration.ofMillis(stood.longValue()));
        }
        JsonNode recreated = line.get("lease_recreated");
        if (recreated != null) {
            return new CheckpointOutcome.LeaseRecreated(
                    Instant.parse(line.required("at").stringValue()), recreated.intValue());
        }
        JsonNode failed = line.get("failed");
        JsonNode standIns = line.get("stand_ins");
        if (standIns != null) {
            return new CheckpointOutcome.StandIns(
                    Instant.parse(line.required("at").stringValue()), standIns.stringValue());
        }
        JsonNode notJournalled = line.get("not_journalled");
        if (notJournalled != null) {
            return new CheckpointOutcome.NotJournalled(
                    Instant.parse(line.required("at").stringValue()), notJournalled.stringValue());
        }
        JsonNode leftAlone = line.get("left_alone");
        if (leftAlone != null) {
            return new CheckpointOutcome.LeftAlone(
                    Instant.parse(line.required("at").stringValue()), leftAlone.stringValue());
        }
        JsonNode rolledBack = line.get("rolled_back");
        if (rolledBack != null) {
            return new CheckpointOutcome.RolledBack(
                    Instant.parse(line.required("at").stringValue()),
                    rolledBack.required("files").longValue(),
                    rolledBack.required("bytes").longValue());
        }
        if (failed == null) {
            return new CheckpointOutcome.Published(image(line));
        }
        return new CheckpointOutcome.Failed(
                Instant.parse(line.required("at").stringValue()),
                line.required("reason").stringValue(),
                line.required("code").intValue(),
                failed.stringValue());
    }

    /** An image as the journal and the answer to a checkpoint request describe it. */
    static ImageInfo image(JsonNode image) {
        return new ImageInfo(
                image.required("sequence").longValue(),
                Path.of(image.required("path").stringValue()),
                Instant.parse(image.required("at").stringValue()),
                image.required("reason").stringValue(),
                image.required("bytes").longValue(),
                image.required("raw_bytes").longValue(),
                image.required("digest").stringValue(),
                Duration.of(image.required("pause_us").longValue(), ChronoUnit.MICROS),
                Duration.of(image.required("took_us").longValue(), ChronoUnit.MICROS),
                image.required("standing").booleanValue(),
                optionalLong(image.get("parent")));
    }

    private static OptionalInt optionalInt(@Nullable JsonNode node) {
        return node == null || node.isNull() ? OptionalInt.empty() : OptionalInt.of(node.intValue());
    }

    private static OptionalLong optionalLong(@Nullable JsonNode node) {
        return node == null || node.isNull() ? OptionalLong.empty() : OptionalLong.of(node.longValue());
    }
}
