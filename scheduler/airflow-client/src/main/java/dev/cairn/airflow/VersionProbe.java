package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import java.net.URI;
import java.util.Optional;

/**
 * Finds out which API a server speaks: {@code /version} needs no authorization in either version. Airflow 3 answers an
 * unknown path with its page, and Airflow 2 with a 404, so only JSON with a version counts.
 */
final class VersionProbe {

    /** Sends a call, with retries. */
    @FunctionalInterface
    interface Sender {
        ApiResponse send(ApiRequest call, String root, Optional<String> authorization) throws AirflowException;
    }

    private final Sender sender;
    private final URI address;

    VersionProbe(Sender sender, URI address) {
        this.sender = sender;
        this.address = address;
    }

    ApiVersion ask() throws AirflowException {
        ApiResponse newer = ask(ApiVersion.V2);
        if (isVersion(newer)) {
            return ApiVersion.V2;
        }
        ApiResponse older = ask(ApiVersion.V1);
        if (isVersion(older)) {
            return ApiVersion.V1;
        }
        throw nothing(newer, older);
    }

    private ApiResponse ask(ApiVersion version) throws AirflowException {
        return sender.send(ApiRequest.get("version"), version.path(), Optional.empty());
    }

    private static boolean isVersion(ApiResponse reply) {
        return reply.isSuccess()
                && AirflowJson.parse(reply.body())
                        .filter(json -> !AirflowJson.text(json, "version").isEmpty())
                        .isPresent();
    }

    private AirflowException nothing(ApiResponse newer, ApiResponse older) {
        String what = "asking " + address + " for its version";
        boolean broken = newer.status() >= 500 || older.status() >= 500;
        boolean guarded = newer.status() == 401 || newer.status() == 403;
        if (broken || guarded) {
            ApiResponse said = newer.status() >= 400 && newer.status() != 404 ? newer : older;
            AirflowException error = ErrorBodies.of(what, said);
            return guarded
                    ? new AirflowException(
                            error.kind(),
                            error.getMessage() + ". If it wants a login even for this, name the API: api: v2")
                    : error;
        }
        return new AirflowException(
                Kind.NOT_AIRFLOW,
                what + ": neither /api/v2/version (HTTP " + newer.status() + ") nor /api/v1/version (HTTP "
                        + older.status()
                        + ") gives one. Is the address complete, with the path below which Airflow lies?");
    }
}
