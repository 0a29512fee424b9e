package dev.cairn.airflow;

import java.net.URI;
import java.util.Locale;

/** Checks and normalizes addresses that users write. */
final class Addresses {
    private Addresses() {}

    /** Normalizes the address of an Airflow server. */
    static URI base(URI given) {
        String scheme = given.getScheme() == null ? "" : given.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https") || given.getHost() == null) {
            throw new IllegalArgumentException(
                    "\"" + given + "\" is no address of an Airflow; write e.g. https://airflow.example.org:8080");
        }
        if (given.getUserInfo() != null) {
            throw new IllegalArgumentException("the address of an Airflow must not hold a user or a password");
        }
        String text = given.toString().replaceFirst("[?#].*$", "").replaceFirst("/+$", "");
        return URI.create(text.replaceFirst("/api/v[12]$", "").replaceFirst("/+$", ""));
    }

    static URI proxy(URI given) {
        if (!"http".equalsIgnoreCase(given.getScheme()) || given.getHost() == null) {
            throw new IllegalArgumentException(
                    "\"" + given + "\" is no address of a proxy; write e.g. http://proxy.example.org:3128");
        }
        if (given.getUserInfo() != null) {
            throw new IllegalArgumentException("a proxy that wants a user and a password cannot be used");
        }
        return given;
    }
}
