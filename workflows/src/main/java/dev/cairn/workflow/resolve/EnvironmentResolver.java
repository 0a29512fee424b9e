package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.SecretSource;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes the declared variables of a step, outermost first. */
final class EnvironmentResolver {

    private final Path folder;
    private final Map<String, SecretSource> secrets;
    private final Map<String, String> inherited;
    private final NamedFiles files;
    private final Problems problems;
    private final Map<String, String> variables = new LinkedHashMap<>();
    private final Set<String> secret = new HashSet<>();
    private final Set<String> looked = new HashSet<>();

    /**
     * @param folder the folder for relative paths of {@code env_file} and of secrets
     * @param secrets the secrets that the workflow file declares
     */
    EnvironmentResolver(
            Path folder,
            Map<String, SecretSource> secrets,
            Map<String, String> inherited,
            NamedFiles files,
            Problems problems) {
        this.folder = folder;
        this.secrets = secrets;
        this.files = files;
        this.inherited = inherited;
        this.problems = problems;
    }

    ResolvedEnvironment resolve(List<EnvLayer> layers, StepContext names) {
        for (EnvLayer layer : layers) {
            StepContext known = names.with("env", values());
            Map<String, String> added = new LinkedHashMap<>();
            layer.files().forEach(file -> readFile(file, known, added));
            Set<String> tainted = new HashSet<>();
            layer.variables().forEach((name, template) -> {
                if (holdsSecret(template)) {
                    tainted.add(name);
                }
                variable(name, template, known, added);
            });
            variables.putAll(added);
            secret.removeAll(added.keySet());
            secret.addAll(tainted);
        }
        return new ResolvedEnvironment(variables, secret, looked);
    }

    private void variable(String name, Template template, StepContext known, Map<String, String> added) {
        try {
            String value = template.render(secrets(template, known), Template.Insertion.AS_IS);
            if (value.indexOf(0) >= 0) {
                problems.add(template.place(), "the value has a zero byte in it, which no variable can hold");
            }
            added.put(name, value);
        } catch (ExpressionException e) {
            problems.add(template.place().at(e.position()), withoutSecrets(e.reason()));
        }
    }

    /** Removes a value's secrets from an error message; a function may quote its argument there. */
    private String withoutSecrets(String reason) {
        String shown = reason;
        for (String value : looked) {
            shown = value.isEmpty() ? shown : shown.replace(value, "***");
        }
        return shown;
    }

    private void readFile(Template template, StepContext known, Map<String, String> added) {
        try {
            String path = template.render(known, Template.Insertion.AS_IS);
            try {
                added.putAll(EnvFile.read(folder.resolve(path), files));
            } catch (IOException e) {
                problems.add(template.place(), "cannot read " + path + ": " + e.getMessage());
            }
        } catch (ExpressionException e) {
            problems.add(template.place().at(e.position()), e.reason());
        }
    }

    /** Looks up only the secrets that a value names. The others need not exist. */
    private StepContext secrets(Template template, StepContext known) throws ExpressionException {
        Map<String, Value> values = new LinkedHashMap<>();
        for (Expression.Reference reference : template.references()) {
            if (reference.context().equals("secrets") && reference.parts().get(0) instanceof Part.Key key) {
                SecretSource source = secrets.get(key.name());
                if (source != null) {
                    values.put(key.name(), new Value.Text(secret(source, key)));
                }
            }
        }
        return values.isEmpty() ? known : known.with("secrets", values);
    }

    private String secret(SecretSource source, Part.Key key) throws ExpressionException {
        try {
            String value = Secrets.value(source, folder, inherited, files);
            looked.add(value);
            return value;
        } catch (IOException e) {
            throw new ExpressionException(
                    key.position(), "the secret \"" + key.name() + "\" has no value: " + e.getMessage());
        }
    }

    private boolean holdsSecret(Template template) {
        return template.references().stream()
                .anyMatch(reference -> reference.context().equals("secrets")
                        || reference.context().equals("env")
                                && reference.parts().get(0) instanceof Part.Key key
                                && secret.contains(key.name()));
    }

    private Map<String, Value> values() {
        Map<String, Value> values = new LinkedHashMap<>();
        variables.forEach((name, value) -> values.put(name, new Value.Text(value)));
        return values;
    }
}
