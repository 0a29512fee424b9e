package dev.cairn.airflow.config;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import dev.cairn.yaml.YamlReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads {@code airflow.connections} of a configuration file. Ignores other keys at the top. */
final class ConfigFile {
    static final Set<String> TEXTS = Set.of("url", "user", "auth", "api", "certificates", "proxy", "timeout");

    private final Path file;
    private final Problems problems;

    private ConfigFile(Path file) {
        this.file = file;
        this.problems = new Problems(file.toString());
    }

    /** The connections; empty if there is no such file. */
    static Map<String, Entry> read(Path file) throws IOException, ConfigurationException {
        String text;
        try {
            text = OrdinaryFile.trustedText(file); // checked, because the file says where secrets are sent
        } catch (NoSuchFileException none) {
            return Map.of();
        }
        return new ConfigFile(file).entries(text);
    }

    private Map<String, Entry> entries(String text) throws ConfigurationException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        if (!text.isBlank()) {
            YamlReader.read(text, problems)
                    .flatMap(root -> member(root, "airflow"))
                    .flatMap(airflow -> member(airflow, "connections"))
                    .map(this::mapping)
                    .orElse(Map.of())
                    .forEach((name, entry) -> entries.put(name, entry(name, entry.value())));
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(
                    problems.sorted().stream().map(Problem::toString).collect(Collectors.joining("\n")));
        }
        return entries;
    }

    private Entry entry(String name, Node node) {
        Map<String, String> texts = new HashMap<>();
        Map<String, SecretReference> secrets = new HashMap<>();
        mapping(node).forEach((key, entry) -> {
            if (key.equals("password") || key.equals("token")) {
                secret(key, entry.value()).ifPresent(secret -> secrets.put(key, secret));
            } else if (TEXTS.contains(key)) {
                text(entry.value()).ifPresent(text -> texts.put(key, text));
            } else {
                problems.add(
                        entry.key(),
                        "unknown key; there are url, user, password, token, auth, api, certificates, proxy, timeout");
            }
        });
        return new Entry(
                name,
                texts,
                Optional.ofNullable(secrets.get("password")),
                Optional.ofNullable(secrets.get("token")),
                folder());
    }

    private Optional<SecretReference> secret(String key, Node node) {
        Optional<String> variable =
                node instanceof Node.Mapping ? member(node, "env").flatMap(this::text) : Optional.empty();
        Optional<String> path =
                node instanceof Node.Mapping ? member(node, "file").flatMap(this::text) : Optional.empty();
        if (variable.isPresent() == path.isPresent()) {
            problems.add(
                    node.place(),
                    "secrets are not written down here: " + key + ": {env: NAME} or " + key + ": {file: PATH}");
            return Optional.empty();
        }
        return variable.<SecretReference>map(SecretReference.Variable::new)
                .or(() -> path.map(text -> new SecretReference.File(folder().resolve(text))));
    }

    private Path folder() {
        return Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    }

    private Optional<String> text(Node node) {
        if (node instanceof Node.Scalar scalar && !(scalar.value() instanceof Value.Null)) {
            return Optional.of(scalar.text());
        }
        problems.add(node.place(), "must be a text");
        return Optional.empty();
    }

    private Optional<Node> member(Node node, String key) {
        return Optional.ofNullable(mapping(node).get(key)).map(Node.Entry::value);
    }

    private Map<String, Node.Entry> mapping(Node node) {
        if (node instanceof Node.Mapping mapping) {
            return mapping.entries();
        }
        problems.add(node.place(), "must be a mapping");
        return Map.of();
    }
}
