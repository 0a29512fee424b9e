package dev.cairn.http.internal.api;

import dev.cairn.http.internal.runs.LogPart;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.run.manifest.StepFolder;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a log as text, by {@code offset} and {@code limit}, {@code tail}, or one {@code Range} of bytes; immutable.
 *
 * @param grows the run has not ended
 */
record LogRange(StepFolder step, boolean stderr, boolean grows) {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
    private static final int USUAL = 64 * 1024;

    /** @param last inclusive */
    private record Wanted(long first, long last) {}

    Response answer(Request request) throws IOException, HttpError {
        long size = LogPart.read(step, stderr, 0, 0).size();
        Optional<Wanted> range = wanted(request, size);
        if (range.isPresent() && range.get().first() > range.get().last()) {
            return Response.problem(416, "Range Not Satisfiable", "the log has " + size + " bytes")
                    .with("Content-Range", "bytes */" + size);
        }
        Optional<Response> part = range.isEmpty() ? Optional.empty() : part(range.get());
        if (part.isPresent()) {
            return part.get();
        }
        int limit = (int) request.number("limit", USUAL, LogPart.MOST);
        long offset = request.number("offset", 0, Long.MAX_VALUE);
        if (request.query("tail").isPresent()) {
            limit = (int) request.number("tail", limit, LogPart.MOST);
            offset = Math.max(0, size - limit);
        }
        return text(200, LogPart.read(step, stderr, offset, limit, grows));
    }

    /** What is no single range of bytes is ignored, as RFC 9110 wants it. */
    private static Optional<Wanted> wanted(Request request, long size) {
        Matcher range = RANGE.matcher(request.header("Range").orElse(""));
        if (!range.matches() || range.group(1).isEmpty() && range.group(2).isEmpty()) {
            return Optional.empty();
        }
        if (range.group(1).isEmpty()) {
            return Optional.of(new Wanted(Math.max(0, size - Long.parseLong(range.group(2))), size - 1));
        }
        long first = Long.parseLong(range.group(1));
        long last = range.group(2).isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(range.group(2)));
        boolean backwards = !range.group(2).isEmpty() && Long.parseLong(range.group(2)) < first;
        return backwards ? Optional.empty() : Optional.of(new Wanted(first, last));
    }

    /** Empty where a mask is longer or shorter than its secret, so that the bytes have no places in a file. */
    private Optional<Response> part(Wanted wanted) throws IOException {
        int length = (int) Math.min(LogPart.MOST, wanted.last() - wanted.first() + 1);
        LogPart part = LogPart.read(step, stderr, wanted.first(), length, grows);
        String place = "bytes " + part.from() + "-" + (part.next() - 1) + "/" + part.size();
        boolean exact = part.text().length == part.next() - part.from() && part.next() > part.from();
        return exact ? Optional.of(text(206, part).with("Content-Range", place)) : Optional.empty();
    }

    private static Response.Whole text(int status, LogPart part) {
        return new Response.Whole(status, Response.TEXT, part.text(), Map.of())
                .with("Accept-Ranges", "bytes")
                .with("Cairn-Log-Offset", Long.toString(part.from()))
                .with("Cairn-Log-Next", Long.toString(part.next()))
                .with("Cairn-Log-Size", Long.toString(part.size()));
    }
}
