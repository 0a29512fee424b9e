package dev.cairn.run.internal.request;

import dev.cairn.files.DocumentException;
import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Commands to the owner of a run, as files in its folder {@code requests/}, so that they work from every host that sees the
 * folder. A request {@code ID.json} is answered by {@code ID.answer.json} and deleted then. Immutable; any thread.
 */
public final class Requests {
    private static final DocumentType REQUEST = new DocumentType("cairn.request", 1);
    private static final DocumentType ANSWER = new DocumentType("cairn.answer", 1);
    private static final String ANSWER_SUFFIX = ".answer.json";
    private static final String SUFFIX = ".json";
    private static final Duration LOOK_EVERY = Duration.ofMillis(20);

    private final Path folder;
    private final Clock clock;

    public Requests(RunFolder run, Clock clock) {
        this.folder = run.requests();
        this.clock = clock;
    }

    /** A command that waits for its answer. */
    public record Pending(String id, RunCommand command) {}

    /**
     * Files a command and waits for its answer.
     *
     * @return empty if the owner has not answered in time; the request is then withdrawn, unless it is being carried
     *     out
     */
    public Optional<CommandResult> ask(RunCommand command, Duration atMost) throws IOException, InterruptedException {
        DurableFiles.createFolders(folder);
        // by time, so that commands are carried out in the order in which they were given
        String id = "%013d-%s".formatted(clock.millis(), UUID.randomUUID());
        REQUEST.write(request(id), toJson(command));
        long deadline = System.nanoTime() + atMost.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Optional<ObjectNode> answer = ANSWER.readIfPresent(answer(id));
            if (answer.isPresent()) {
                Files.deleteIfExists(answer(id));
                return Optional.of(answerFrom(answer.get()));
            }
            Thread.sleep(LOOK_EVERY.toMillis());
        }
        Files.deleteIfExists(request(id));
        return Optional.empty();
    }

    /** The commands that wait, oldest first. Answers a malformed request with an error. */
    public List<Pending> pending() throws IOException {
        List<Pending> pending = new ArrayList<>();
        for (String id : ids()) {
            try {
                Optional<ObjectNode> request = REQUEST.readIfPresent(request(id));
                if (request.isPresent()) {
                    pending.add(new Pending(id, commandFrom(request(id), request.get())));
                }
            } catch (DocumentException | UntrustedException foreign) {
                answer(
                        id,
                        new CommandResult(
                                List.of(CommandResult.Line.failed("", String.valueOf(foreign.getMessage())))));
            }
        }
        return pending;
    }

    /** Answers a command and removes it from the waiting ones. */
    public void answer(String id, CommandResult answer) throws IOException {
        ObjectNode document = ANSWER.create();
        ArrayNode lines = document.putArray("lines");
        for (CommandResult.Line line : answer.lines()) {
            ObjectNode node = lines.addObject().put("step", line.step()).put("failure", line.failure());
            line.image().ifPresent(image -> node.put("image", image));
        }
        ANSWER.write(answer(id), document);
        Files.deleteIfExists(request(id));
    }

    private List<String> ids() throws IOException {
        List<String> ids = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "[!.]*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (!name.endsWith(ANSWER_SUFFIX)) {
                    ids.add(name.substring(0, name.length() - SUFFIX.length()));
                }
            }
        } catch (NoSuchFileException nobodyAskedYet) {
            return List.of();
        }
        Collections.sort(ids);
        return ids;
    }

    private static ObjectNode toJson(RunCommand command) {
        ObjectNode node = REQUEST.create();
        if (command instanceof RunCommand.Checkpoint checkpoint) {
            node.put("command", "checkpoint").put("stop", checkpoint.stop());
            checkpoint.step().ifPresent(step -> node.put("step", step));
        } else {
            node.put("command", command instanceof RunCommand.Pause ? "pause" : "cancel");
        }
        return node;
    }

    private static RunCommand commandFrom(Path file, ObjectNode node) throws DocumentException {
        String name = node.path("command").asString("");
        return switch (name) {
            case "checkpoint" ->
                new RunCommand.Checkpoint(
                        node.path("step").asStringOpt(), node.path("stop").asBoolean(false));
            case "pause" -> new RunCommand.Pause();
            case "cancel" -> new RunCommand.Cancel();
            default -> throw new DocumentException(file, "asks for '" + name + "', which this Cairn does not know");
        };
    }

    private static CommandResult answerFrom(ObjectNode document) {
        return new CommandResult(
                document.path("lines").valueStream().map(Requests::lineFrom).toList());
    }

    private static CommandResult.Line lineFrom(JsonNode line) {
        JsonNode image = line.path("image");
        return new CommandResult.Line(
                line.path("step").asString(""),
                image.isIntegralNumber() ? OptionalLong.of(image.longValue()) : OptionalLong.empty(),
                line.path("failure").asString(""));
    }

    private Path request(String id) {
        return folder.resolve(id + SUFFIX);
    }

    private Path answer(String id) {
        return folder.resolve(id + ANSWER_SUFFIX);
    }
}
