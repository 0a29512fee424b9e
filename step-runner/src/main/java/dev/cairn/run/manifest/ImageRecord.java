package dev.cairn.run.manifest;

import dev.cairn.engine.ImageInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An image of a step, as recorded in the manifest.
 *
 * @param sequence its number; 0 is the step's start, and holds files only
 * @param attempt the attempt that made it
 * @param fingerprint the fingerprint of the step whose memory it holds
 */
public record ImageRecord(
        long sequence,
        int attempt,
        String fingerprint,
        Instant at,
        String reason,
        long bytes,
        long rawBytes,
        String digest,
        Duration pause,
        Duration took,
        boolean standing,
        OptionalLong parent) {

    public static ImageRecord of(ImageInfo image, AttemptRecord madeBy) {
        return new ImageRecord(
                image.sequence(),
                madeBy.number(),
                madeBy.fingerprint(),
                image.at(),
                image.reason(),
                image.bytes(),
                image.rawBytes(),
                image.digest(),
                image.pause(),
                image.took(),
                image.standing(),
                image.parent());
    }

    static ImageRecord from(JsonNode node) {
        return new ImageRecord(
                ManifestFields.amount(node, "sequence"),
                ManifestFields.count(node, "attempt", 0),
                ManifestFields.text(node, "fingerprint"),
                ManifestFields.instant(node, "at"),
                ManifestFields.text(node, "reason"),
                ManifestFields.amount(node, "bytes"),
                ManifestFields.amount(node, "raw_bytes"),
                ManifestFields.text(node, "digest"),
                micros(node, "pause_us"),
                micros(node, "took_us"),
                node.path("standing").asBoolean(false),
                ManifestFields.optionalLong(node, "parent"));
    }

    private static Duration micros(JsonNode node, String field) {
        return Duration.of(ManifestFields.amount(node, field), ChronoUnit.MICROS);
    }

    void into(ObjectNode node) {
        node.put("sequence", sequence).put("path", StepFolder.imagePath(sequence));
        node.put("attempt", attempt).put("fingerprint", fingerprint);
        ManifestFields.put(node, "at", at);
        node.put("reason", reason)
                .put("bytes", bytes)
                .put("raw_bytes", rawBytes)
                .put("digest", digest);
        node.put("pause_us", pause.toNanos() / 1000)
                .put("took_us", took.toNanos() / 1000)
                .put("standing", standing);
        ManifestFields.putOptional(node, "parent", parent);
    }
}
