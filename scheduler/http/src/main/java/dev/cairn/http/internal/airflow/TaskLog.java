package dev.cairn.http.internal.airflow;

import dev.cairn.http.internal.runs.LogPart;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Response;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The log of a task, part by part: its stdout, and then its stderr. A step has one log for all tries, since a resume continues where the
 * image was taken. The token names the place behind a part.
 */
final class TaskLog {
    private static final Pattern TOKEN = Pattern.compile("(out|err)-(\\d{1,18})");

    private TaskLog() {}

    static Response page(TaskInstance task, Optional<String> token) throws IOException, HttpError {
        Matcher place = TOKEN.matcher(token.orElse("out-0"));
        if (!place.matches()) {
            throw new HttpError(400, "token: not one of a part before");
        }
        StepFolder step = task.run().folder().step(task.stepId());
        boolean stderr = place.group(1).equals("err");
        long from = Long.parseLong(place.group(2));
        boolean ended = task.state().isFinal();
        LogPart part = ended ? LogPart.read(step, stderr, from, LogPart.MOST) : LogPart.wholeLines(step, stderr, from);
        boolean more = part.next() < part.size() || !ended;
        if (!stderr && !more && part.text().length == 0) {
            return page(task, Optional.of("err-0"));
        }
        List<JsonObject> lines = new String(part.text(), StandardCharsets.UTF_8)
                .lines()
                .map(line -> new JsonObject().put("event", line))
                .toList();
        String following = more ? place.group(1) + "-" + part.next() : stderr ? null : "err-0";
        return Response.json(new JsonObject().put("content", lines).put("continuation_token", following));
    }
}
