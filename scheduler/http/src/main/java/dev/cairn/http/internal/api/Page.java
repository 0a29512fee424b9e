package dev.cairn.http.internal.api;

import dev.cairn.http.internal.runs.RunSummary;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A page of a list that is sorted newest first. Its cursor names the last item, so that new items do not shift the
 * pages; immutable.
 *
 * @param next the cursor of the next page
 * @param unreadable what is wrong with runs that were come upon
 */
public record Page<T>(List<T> items, Optional<String> next, List<String> unreadable) {
    private static final int USUAL = 100;
    private static final int MOST = 1000;

    /** @param wanted also decides for those who ask for the next page */
    public static Page<ServedRuns.Seen> of(ServedRuns runs, Predicate<RunSummary> wanted, Request request)
            throws IOException, HttpError {
        int limit = (int) Math.max(1, request.number("limit", USUAL, MOST));
        ServedRuns.Listing found = runs.list(wanted, place(request.query("cursor")), limit + 1);
        boolean more = found.runs().size() > limit;
        List<ServedRuns.Seen> items =
                found.runs().subList(0, Math.min(limit, found.runs().size()));
        return new Page<>(
                items,
                more ? Optional.of(cursor(items.get(limit - 1).place())) : Optional.empty(),
                found.unreadable().stream().map(IOException::getMessage).toList());
    }

    private static String cursor(ServedRuns.Place last) {
        String text = last.second() + " " + last.createdAt() + " " + last.id();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<ServedRuns.Place> place(Optional<String> cursor) throws HttpError {
        if (cursor.isEmpty()) {
            return Optional.empty();
        }
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(cursor.get()), StandardCharsets.UTF_8).split(" ", 3);
            return Optional.of(new ServedRuns.Place(Instant.parse(parts[0]), Instant.parse(parts[1]), parts[2]));
        } catch (RuntimeException e) {
            throw new HttpError(400, "cursor: not one of a page");
        }
    }
}
