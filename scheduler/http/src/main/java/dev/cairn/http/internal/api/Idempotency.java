package dev.cairn.http.internal.api;

import dev.cairn.files.Digests;
import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries out a request only once if it comes several times with the same {@code Idempotency-Key}, even across
 * restarts. A file for each key records that its request has begun, and then the answer. Thread-safe.
 */
final class Idempotency {
    private static final DocumentType TYPE = new DocumentType("cairn.request", 1);
    private static final Duration KEPT = Duration.ofDays(1);

    private final Path folder;
    private final Clock clock;

    Idempotency(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /** The same handler, which obeys the header. */
    Route.Handler once(Route.Handler handler) {
        return request -> {
            Optional<String> key = request.header("Idempotency-Key").filter(text -> !text.isBlank());
            return key.isPresent() ? once(key.get(), handler, request) : handler.handle(request);
        };
    }

    private Response once(String key, Route.Handler handler, Request request) throws Exception {
        Path file = folder.resolve(Digests.of(key).replaceAll("[^A-Za-z0-9]", "") + ".json");
        String asked = Digests.of(request.method()
                + request.path()
                + request.query()
                + new String(request.body(), StandardCharsets.UTF_8));
        DurableFiles.createFolders(folder);
        forgetOld();
        ObjectNode begun = TYPE.create().put("asked", asked);
        if (!DurableFiles.createExclusive(file, DocumentType.bytes(begun))) {
            return earlier(file, asked);
        }
        try {
            Response.Whole answer = (Response.Whole) handler.handle(request);
            TYPE.write(
                    file,
                    begun.put("status", answer.status())
                            .put("body", new String(answer.body(), StandardCharsets.UTF_8)));
            return answer;
        } catch (Exception failed) { // passed on: nothing was started, so that the key may be used again
            Files.deleteIfExists(file);
            throw failed;
        }
    }

    private static Response earlier(Path file, String asked) throws IOException, HttpError {
        ObjectNode earlier = TYPE.read(file);
        if (!earlier.path("asked").asString("").equals(asked)) {
            throw new HttpError(422, "this Idempotency-Key belongs to another request");
        }
        if (!earlier.has("status")) {
            throw new HttpError(
                    409, "an earlier request with this Idempotency-Key has an unknown result; check the runs");
        }
        return Response.text(
                earlier.path("status").asInt(),
                Response.JSON,
                earlier.path("body").asString(""));
    }

    private void forgetOld() throws IOException {
        Instant oldest = clock.instant().minus(KEPT);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
