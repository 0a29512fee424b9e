package dev.cairn.airflow;

/** The REST APIs that servers speak. */
public enum ApiVersion {
    /** Airflow 2: {@code /api/v1}. */
    V1("api/v1"),
    /** Airflow 3: {@code /api/v2}. */
    V2("api/v2");

    private final String path;

    ApiVersion(String path) {
        this.path = path;
    }

    /** The path below the server's address, without slashes at its ends. */
    public String path() {
        return path;
    }
}
