package dev.cairn.airflow;

import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Assets (v2) and datasets (v1), and their events. Thread-safe. */
public final class Assets {
    private final ApiClient api;

    Assets(ApiClient api) {
        this.api = api;
    }

    public Stream<Asset> list() throws AirflowException {
        return Pages.of(api, ApiRequest.get(name()), Asset::from, "assets", "datasets");
    }

    /**
     * The asset with exactly this URI. The server's own search takes a pattern, in which {@code _} and {@code %} match
     * other characters. Airflow 3 writes {@code s3://bucket} as {@code s3://bucket/} (it normalises what a DAG says),
     * and both find it.
     */
    public Optional<Asset> find(String uri) throws AirflowException {
        ApiRequest call = ApiRequest.get(name()).with("uri_pattern", uri);
        return Pages.of(api, call, Asset::from, "assets", "datasets")
                .filter(asset -> asset.uri().equals(uri) || asset.uri().equals(uri + "/"))
                .findFirst();
    }

    /** The asset with exactly this name; UNSUPPORTED with Airflow 2. */
    public Optional<Asset> named(String name) throws AirflowException {
        api.needsV2("an asset by its name");
        return Pages.of(api, ApiRequest.get(name()).with("name_pattern", name), Asset::from, "assets")
                .filter(asset -> asset.name().equals(name))
                .findFirst();
    }

    /** Newest first. */
    public Stream<AssetEvent> events(Asset asset) throws AirflowException {
        boolean first = api.apiVersion() == ApiVersion.V1;
        ApiRequest call = ApiRequest.get(name(), "events")
                .with(first ? "dataset_id" : "asset_id", asset.id())
                .with("order_by", "-timestamp");
        return Pages.of(api, call, AssetEvent::from, "asset_events", "dataset_events");
    }

    /**
     * Reports that an asset was changed, which may start DAGs. The request is sent once: after SERVER or NO_ANSWER,
     * {@link #events} shows whether the server carried it out.
     *
     * @param extra an object
     */
    public AssetEvent post(Asset asset, JsonNode extra) throws AirflowException {
        ObjectNode body = api.apiVersion() == ApiVersion.V1
                ? AirflowJson.object().put("dataset_uri", asset.uri())
                : AirflowJson.object().put("asset_id", asset.id());
        body.set("extra", extra);
        return AssetEvent.from(api.call(ApiRequest.post(body, name(), "events")));
    }

    private String name() throws AirflowException {
        return api.apiVersion() == ApiVersion.V1 ? "datasets" : "assets";
    }
}
