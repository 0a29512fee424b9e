package dev.cairn.run.event;

import dev.cairn.host.HostIdentity;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RejectedImage;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A line of {@code events.jsonl}: {@code at}, {@code epoch}, {@code event}, {@code step} if it concerns one, {@code
 * text} for a person, and fields of the event.
 */
final class EventJson {
    private EventJson() {}

    static ObjectNode of(RunEvent event, long epoch) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("at", event.at().truncatedTo(ChronoUnit.MILLIS).toString()).put("epoch", epoch);
        line.put("event", name(event));
        if (event instanceof RunEvent.OfStep ofStep) {
            line.put("step", ofStep.step());
        }
        addOwnFields(event, line);
        return line.put("text", text(event));
    }

    /** Converts a name such as {@code AttemptStarted} to {@code attempt_started}. */
    private static String name(RunEvent event) {
        return event.getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                .toLowerCase(Locale.ROOT);
    }

    private static void addOwnFields(RunEvent event, ObjectNode line) {
        if (event instanceof RunEvent.AttemptStarted started) {
            line.put("attempt", started.attempt())
                    .put("engine", started.engine())
                    .put("host", started.host())
                    .put("fingerprint", started.fingerprint());
            started.job().ifPresent(job -> line.put("job", job));
            put(line, "resumed_from", started.resumedFrom());
            line.put("repeats_ms", started.repeats().toMillis());
            ArrayNode passed = line.putArray("passed");
            for (RejectedImage rejected : started.passed()) {
                passed.addObject().put("image", rejected.image()).put("reason", rejected.reason());
            }
        } else if (event instanceof RunEvent.AttemptAttached attached) {
            line.put("attempt", attached.attempt());
        } else if (event instanceof RunEvent.AttemptEnded ended) {
            line.put("attempt", ended.attempt()).put("cause", ended.cause().wire());
            put(line, "exit_code", ended.exitCode());
            put(line, "signal", ended.signal());
            line.put("running_ms", ended.running().toMillis()).put("message", ended.message());
        } else if (event instanceof RunEvent.ImagePublished published) {
            line.put("image", published.image().sequence())
                    .put("attempt", published.image().attempt());
            line.put("bytes", published.image().bytes());
            line.put("pause_us", published.image().pause().toNanos() / 1000);
            line.put("took_us", published.image().took().toNanos() / 1000);
        } else if (event instanceof RunEvent.StepChanged changed) {
            line.put("state", changed.state().wire());
        } else if (event instanceof RunEvent.InstancesDecided decided) {
            decided.instances().keySet().forEach(line.putArray("instances")::add);
        } else if (event instanceof RunEvent.RunChanged changed) {
            line.put("state", changed.state().wire());
        } else if (event instanceof RunEvent.CannotWrite failing) {
            line.put("file", failing.file()).put("reason", failing.reason());
        } else if (event instanceof RunEvent.WritesAgain mended) {
            line.put("after_ms", mended.after().toMillis());
        } else if (event instanceof RunEvent.Note note) {
            note.step().ifPresent(step -> line.put("step", step));
        }
    }

    /** The attempt whose start a line records. Fields that the line lacks are unknown. */
    static AttemptRecord attempt(ObjectNode line) {
        return new AttemptRecord(
                line.path("attempt").asInt(0),
                line.path("epoch").asLong(1),
                new HostIdentity(line.path("host").asString("an unknown host"), "", "", "", ""),
                line.path("engine").asString("native"),
                line.path("fingerprint").asString(""),
                Instant.parse(line.path("at").asString("")),
                line.has("resumed_from")
                        ? OptionalLong.of(line.path("resumed_from").asLong())
                        : OptionalLong.empty(),
                List.of(),
                Duration.ofMillis(line.path("repeats_ms").asLong(0)),
                0,
                Optional.empty(),
                Optional.ofNullable(line.path("job").asString(null)),
                Optional.empty(),
                Optional.empty());
    }

    private static void put(ObjectNode line, String field, OptionalLong value) {
        value.ifPresent(v -> line.put(field, v));
    }

    private static void put(ObjectNode line, String field, OptionalInt value) {
        value.ifPresent(v -> line.put(field, v));
    }

    private static String text(RunEvent event) {
        if (event instanceof RunEvent.Owned owned) {
            return "owned by " + owned.owner()
                    + owned.broken()
                            .map(dead -> "; the lock of " + dead + ", which is dead, was broken")
                            .orElse("");
        }
        if (event instanceof RunEvent.RunChanged changed) {
            return withMessage("run " + changed.state().wire(), changed.message());
        }
        if (event instanceof RunEvent.Requested requested) {
            return "requested: " + requested.what();
        }
        if (event instanceof RunEvent.StepChanged changed) {
            return withMessage(changed.state().wire(), changed.message());
        }
        if (event instanceof RunEvent.InstancesDecided decided) {
            return "instances: " + decided.instances().size();
        }
        if (event instanceof RunEvent.AttemptStarted started) {
            return startText(started);
        }
        if (event instanceof RunEvent.AttemptAttached attached) {
            return "attempt " + attached.attempt() + " is still running; following it again";
        }
        if (event instanceof RunEvent.AttemptEnded ended) {
            return withMessage(
                    "attempt " + ended.attempt() + " ended: " + ended.cause().wire(), ended.message());
        }
        if (event instanceof RunEvent.ImagePublished published) {
            return "image " + published.image().sequence() + " ("
                    + published.image().reason() + ")";
        }
        if (event instanceof RunEvent.CheckpointFailed failed) {
            return withMessage("checkpoint failed (" + failed.reason() + "); the step keeps running", failed.message());
        }
        if (event instanceof RunEvent.CannotWrite failing) {
            return "cannot write " + failing.file() + ": " + failing.reason() + "; steps that run keep running";
        }
        if (event instanceof RunEvent.WritesAgain mended) {
            return "can write again, after " + mended.after().toMillis() + " ms";
        }
        return ((RunEvent.Note) event).message();
    }

    private static String startText(RunEvent.AttemptStarted started) {
        String from = started.resumedFrom().isPresent() && started.resumedFrom().getAsLong() > 0
                ? " from image " + started.resumedFrom().getAsLong()
                : " from the beginning";
        String reasons = started.passed().stream()
                .map(rejected -> "image " + rejected.image() + " rejected: " + rejected.reason())
                .collect(Collectors.joining("; "));
        String again = started.repeats().isZero()
                ? ""
                : ", repeats up to " + started.repeats().toMillis() + " ms";
        return withMessage("attempt " + started.attempt() + " started on " + started.host() + from + again, reasons);
    }

    private static String withMessage(String text, String message) {
        return message.isEmpty() ? text : text + ": " + message;
    }
}
