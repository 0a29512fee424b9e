package dev.cairn.airflow.config;

import dev.cairn.airflow.ConnectionSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The connections by name. Reads the file at each call, so that a change takes effect at once. Immutable, thread-safe.
 *
 * <p>{@code CAIRN_AIRFLOW_PROD_URL}, {@code _USER}, {@code _PASSWORD}, {@code _PASSWORD_FILE}, {@code _TOKEN}, {@code
 * _TOKEN_FILE}, {@code _AUTH}, {@code _API}, {@code _CERTIFICATES}, {@code _PROXY} and {@code _TIMEOUT} define the
 * connection {@code prod}, or change single keys of it.
 */
public final class AirflowConnections {
    private static final String PREFIX = "CAIRN_AIRFLOW_";

    private final Path file;
    private final Map<String, String> environment;

    /** @param home the folder of {@code config.yaml} */
    public AirflowConnections(Path home, Map<String, String> environment) {
        this.file = home.resolve("config.yaml");
        this.environment = Map.copyOf(environment);
    }

    /** The connections of the file, and those whose variables give a URL. */
    public SortedSet<String> names() throws IOException, ConfigurationException {
        SortedSet<String> names = new TreeSet<>(ConfigFile.read(file).keySet());
        SortedSet<String> variables = new TreeSet<>();
        names.forEach(name -> variables.add(variable(name, "URL")));
        environment.keySet().stream()
                .filter(key -> key.startsWith(PREFIX) && key.endsWith("_URL") && !variables.contains(key))
                .map(key -> key.substring(PREFIX.length(), key.length() - "_URL".length()))
                .forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        return names;
    }

    /** @throws ConfigurationException if there is no connection of this name, its description is wrong, or its secret is missing */
    public ConnectionSettings named(String name) throws IOException, ConfigurationException {
        Optional<Entry> written = Optional.ofNullable(ConfigFile.read(file).get(name));
        if (written.isEmpty() && !environment.containsKey(variable(name, "URL"))) {
            SortedSet<String> names = names();
            throw new ConfigurationException("there is no Airflow connection \"" + name + "\""
                    + (names.isEmpty() ? "" : "; there are " + String.join(", ", names))
                    + ". Write airflow.connections." + name + " into " + file + ", or set " + variable(name, "URL"));
        }
        Entry none = new Entry(name, Map.of(), Optional.empty(), Optional.empty(), file.toAbsolutePath());
        return overlaid(written.orElse(none)).settings(environment);
    }

    private Entry overlaid(Entry entry) {
        Map<String, String> texts = new HashMap<>(entry.texts());
        for (String key : ConfigFile.TEXTS) {
            String value = environment.get(variable(entry.name(), key));
            if (value != null && !value.isEmpty()) {
                texts.put(
                        key,
                        key.equals("certificates")
                                ? Path.of(value).toAbsolutePath().toString()
                                : value);
            }
        }
        return new Entry(
                entry.name(),
                texts,
                secret(entry.name(), "PASSWORD").or(entry::password),
                secret(entry.name(), "TOKEN").or(entry::token),
                entry.folder());
    }

    private Optional<SecretReference> secret(String name, String what) {
        String file = environment.getOrDefault(variable(name, what + "_FILE"), "");
        if (!file.isEmpty()) {
            return Optional.of(new SecretReference.File(Path.of(file).toAbsolutePath()));
        }
        return environment.containsKey(variable(name, what))
                ? Optional.of(new SecretReference.Variable(variable(name, what)))
                : Optional.empty();
    }

    /** Forms a variable's name: {@code my-prod} and {@code url} give {@code CAIRN_AIRFLOW_MY_PROD_URL}. */
    private static String variable(String name, String key) {
        return PREFIX + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_") + "_" + key.toUpperCase(Locale.ROOT);
    }
}
