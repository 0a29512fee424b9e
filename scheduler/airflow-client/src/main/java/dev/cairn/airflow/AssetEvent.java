package dev.cairn.airflow;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An event that reports a change of an asset.
 *
 * @param extra additional data from its sender
 */
public record AssetEvent(long id, Optional<Instant> at, JsonNode extra, JsonNode json) {

    static AssetEvent from(JsonNode json) {
        return new AssetEvent(
                json.path("id").asLong(-1), AirflowJson.instant(json, "timestamp"), json.path("extra"), json);
    }
}
