package dev.cairn.http.internal.api;

import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.run.manifest.RunManifest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A page of a list that is sorted newest first. Its cursor names the last item, so that what is new meanwhile moves nothing; immutable.
 *
 * @param next the cursor of the page behind it
 */
public record Page<T>(List<T> items, Optional<String> next) {
    private static final int USUAL = 100;
    private static final int MOST = 1000;

    static Page<ServedRuns.Found> of(List<ServedRuns.Found> all, Predicate<ServedRuns.Found> wanted, Request request)
            throws HttpError {
        int limit = (int) Math.max(1, request.number("limit", USUAL, MOST));
        Predicate<ServedRuns.Found> behind = behind(request.query("cursor"));
        List<ServedRuns.Found> found =
                all.stream().filter(wanted).filter(behind).limit(limit + 1L).toList();
        return found.size() <= limit
                ? new Page<>(found, Optional.empty())
                : new Page<>(
                        found.subList(0, limit),
                        Optional.of(cursor(found.get(limit - 1).run())));
    }

    private static String cursor(RunManifest run) {
        String text = run.createdAt() + " " + run.id();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Predicate<ServedRuns.Found> behind(Optional<String> cursor) throws HttpError {
        if (cursor.isEmpty()) {
            return any -> true;
        }
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(cursor.get()), StandardCharsets.UTF_8).split(" ", 2);
            Instant created = Instant.parse(parts[0]);
            String id = parts[1];
            return found -> {
                int order = found.run().createdAt().compareTo(created);
                return order < 0 || order == 0 && found.run().id().compareTo(id) < 0;
            };
        } catch (RuntimeException e) {
            throw new HttpError(400, "cursor: not one of a page");
        }
    }
}
