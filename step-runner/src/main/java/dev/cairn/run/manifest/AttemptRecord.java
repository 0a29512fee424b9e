package dev.cairn.run.manifest;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.host.HostIdentity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One start of a step, from its beginning or from an image.
 *
 * @param number its number, from 1
 * @param epoch the epoch of the owner that started it
 * @param resumedFrom sequence of the image; empty if it began without one
 * @param passed newer images that it skipped, newest first
 * @param repeats running time of earlier attempts that it repeats, at most
 * @param journalled how many lines of the supervisor's journal are in the manifest already
 * @param end how it ended; empty while it runs, or if no runner has recorded the end
 * @param job the Slurm job that it ran in, and that it did not outlive
 * @param shortage the resources that the step asks for and that were missing, for a person
 * @param logsBefore the sizes of its logs before it started and before a resume cut them; empty in records of earlier
 *     versions
 */
public record AttemptRecord(
        int number,
        long epoch,
        HostIdentity host,
        String engine,
        String fingerprint,
        Instant startedAt,
        OptionalLong resumedFrom,
        List<RejectedImage> passed,
        Duration repeats,
        int journalled,
        Optional<StepExit> end,
        Optional<String> job,
        Optional<String> shortage,
        Optional<LogSizes> logsBefore) {

    /** In bytes. */
    public record LogSizes(long stdout, long stderr) {}

    private static final String LOGS_BEFORE = "logs_before";

    public AttemptRecord {
        passed = List.copyOf(passed);
    }

    public AttemptRecord ended(StepExit exit) {
        return with(journalled, Optional.of(exit));
    }

    public AttemptRecord journalled(int lines) {
        return with(lines, end);
    }

    private AttemptRecord with(int lines, Optional<StepExit> exit) {
        return new AttemptRecord(
                number,
                epoch,
                host,
                engine,
                fingerprint,
                startedAt,
                resumedFrom,
                passed,
                repeats,
                lines,
                exit,
                job,
                shortage,
                logsBefore);
    }

    /** Whether it ended for this cause. */
    public boolean endedBy(EndCause cause) {
        return end.isPresent() && end.get().cause() == cause;
    }

    static AttemptRecord from(JsonNode node) {
        JsonNode host = node.path("host");
        return new AttemptRecord(
                ManifestFields.count(node, "number", 0),
                node.path("epoch").asLong(0),
                new HostIdentity(
                        ManifestFields.text(host, "name"),
                        ManifestFields.text(host, "boot_id"),
                        ManifestFields.text(host, "pid_ns"),
                        ManifestFields.text(host, "kernel"),
                        ManifestFields.text(host, "arch")),
                ManifestFields.text(node, "engine"),
                ManifestFields.text(node, "fingerprint"),
                ManifestFields.instant(node, "started_at"),
                ManifestFields.optionalLong(node, "resumed_from"),
                ManifestFields.list(node, "passed").map(RejectedImage::from).toList(),
                Duration.ofMillis(ManifestFields.amount(node, "repeats_ms")),
                ManifestFields.count(node, "journalled", 0),
                node.path("end").isObject() ? Optional.of(exit(node.path("end"))) : Optional.empty(),
                ManifestFields.optionalText(node, "job"),
                ManifestFields.optionalText(node, "shortage"),
                node.path(LOGS_BEFORE).isObject() ? Optional.of(logSizes(node.path(LOGS_BEFORE))) : Optional.empty());
    }

    void into(ObjectNode node) {
        node.put("number", number).put("epoch", epoch);
        node.withObjectProperty("host")
                .put("name", host.name())
                .put("boot_id", host.bootId())
                .put("pid_ns", host.pidNamespace())
                .put("kernel", host.kernel())
                .put("arch", host.architecture());
        node.put("engine", engine).put("fingerprint", fingerprint);
        ManifestFields.put(node, "started_at", startedAt);
        ManifestFields.putOptional(node, "resumed_from", resumedFrom);
        ArrayNode images = node.putArray("passed");
        passed.forEach(image -> image.into(images.addObject()));
        node.put("repeats_ms", repeats.toMillis()).put("journalled", journalled);
        end.ifPresent(exit -> exitInto(exit, node.putObject("end")));
        job.ifPresent(id -> node.put("job", id));
        shortage.ifPresent(what -> node.put("shortage", what));
        logsBefore.ifPresent(sizes ->
                node.putObject(LOGS_BEFORE).put("stdout", sizes.stdout()).put("stderr", sizes.stderr()));
    }

    private static LogSizes logSizes(JsonNode node) {
        return new LogSizes(ManifestFields.amount(node, "stdout"), ManifestFields.amount(node, "stderr"));
    }

    private static StepExit exit(JsonNode node) {
        return new StepExit(
                EndCause.fromWire(ManifestFields.text(node, "cause")),
                ManifestFields.optionalInt(node, "exit_code"),
                ManifestFields.optionalInt(node, "signal"),
                ManifestFields.instant(node, "at"),
                Duration.ofMillis(ManifestFields.amount(node, "running_ms")),
                ManifestFields.text(node, "message"),
                ManifestFields.optionalLong(node, "image"),
                node.path("retryable").asBoolean(true));
    }

    private static void exitInto(StepExit exit, ObjectNode node) {
        node.put("cause", exit.cause().wire());
        ManifestFields.putOptional(node, "exit_code", exit.exitCode());
        ManifestFields.putOptional(node, "signal", exit.signal());
        ManifestFields.put(node, "at", exit.at());
        node.put("running_ms", exit.running().toMillis()).put("message", exit.message());
        ManifestFields.putOptional(node, "image", exit.image());
        if (!exit.retryable()) {
            node.put("retryable", false);
        }
    }
}
