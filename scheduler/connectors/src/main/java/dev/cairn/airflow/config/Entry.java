package dev.cairn.airflow.config;

import dev.cairn.airflow.ApiVersion;
import dev.cairn.airflow.ConnectionSettings;
import dev.cairn.airflow.Credentials;
import dev.cairn.files.Trust;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The description of a connection: each key with its text, secrets by reference.
 *
 * @param texts the given ones of {@code url, user, auth, api, certificates, proxy, timeout}
 * @param folder the folder for relative paths
 */
record Entry(
        String name,
        Map<String, String> texts,
        Optional<SecretReference> password,
        Optional<SecretReference> token,
        Path folder) {

    ConnectionSettings settings(Map<String, String> environment) throws ConfigurationException {
        String url = texts.getOrDefault("url", "");
        if (url.isEmpty()) {
            throw problem("it has no url");
        }
        try {
            ConnectionSettings settings = ConnectionSettings.of(url, credentials(environment));
            if (texts.containsKey("api")) {
                settings = settings.withVersion(version(texts.get("api")));
            }
            if (texts.containsKey("certificates")) {
                settings = settings.trusting(certificates(texts.get("certificates")));
            }
            if (texts.containsKey("timeout")) {
                settings = settings.withTimeouts(settings.connectTimeout(), timeout(texts.get("timeout")));
            }
            return texts.containsKey("proxy") ? settings.through(URI.create(texts.get("proxy"))) : settings;
        } catch (IllegalArgumentException e) {
            throw problem(String.valueOf(e.getMessage()));
        }
    }

    private Credentials credentials(Map<String, String> environment) throws ConfigurationException {
        String auth = texts.getOrDefault(
                "auth",
                token.isPresent() ? "token" : password.isPresent() || texts.containsKey("user") ? "password" : "none");
        switch (auth) {
            case "none":
                return Credentials.none();
            case "token":
                return Credentials.bearer(secret("token", token, environment).in(environment));
            case "password", "basic":
                String user = texts.getOrDefault("user", "");
                if (user.isEmpty()) {
                    throw problem("it has a password and no user");
                }
                SecretReference secret = secret("password", password, environment);
                return auth.equals("basic")
                        ? Credentials.basic(user, secret.in(environment))
                        : Credentials.password(user, secret.in(environment));
            default:
                throw problem("auth is password, basic, token or none, not \"" + auth + "\"");
        }
    }

    private SecretReference secret(String what, Optional<SecretReference> reference, Map<String, String> environment)
            throws ConfigurationException {
        if (reference.isEmpty()) {
            throw problem("it has no " + what);
        }
        String missing = reference.get().missing(environment);
        if (!missing.isEmpty()) {
            throw problem("its " + what + ": " + missing);
        }
        return reference.get();
    }

    private Path certificates(String text) throws ConfigurationException {
        Path file = folder.resolve(text);
        if (!Files.isReadable(file)) {
            throw problem("its certificates: the file " + file + " cannot be read");
        }
        try {
            Trust.ofThisProcess().check(file); // checked, because the file decides which server is trusted
        } catch (IOException e) {
            throw problem("its certificates: " + e.getMessage());
        }
        return file;
    }

    private ApiVersion version(String text) throws ConfigurationException {
        return switch (text) {
            case "v1" -> ApiVersion.V1;
            case "v2" -> ApiVersion.V2;
            default -> throw problem("api is v1 or v2, not \"" + text + "\"");
        };
    }

    private Duration timeout(String text) throws ConfigurationException {
        return Durations.parse(text)
                .filter(length -> !length.isZero())
                .orElseThrow(() -> problem("timeout is e.g. 60s, not \"" + text + "\""));
    }

    private ConfigurationException problem(String what) {
        return new ConfigurationException("the Airflow connection \"" + name + "\": " + what);
    }
}
