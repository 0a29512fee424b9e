package dev.cairn.run.manifest;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An image that an attempt did not resume from, and the reason as a sentence. */
public record RejectedImage(long image, String reason) {

    static RejectedImage from(JsonNode node) {
        return new RejectedImage(ManifestFields.amount(node, "image"), ManifestFields.text(node, "reason"));
    }

    void into(ObjectNode node) {
        node.put("image", image).put("reason", reason);
    }
}
