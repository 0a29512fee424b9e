package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.SecretSource;
import java.util.List;

/** The keys that refer to a secret. */
final class SecretKeys {

    private static final Field<String> ENV =
            optional("env", Scalars.text(), "The variable of the runner's environment that holds it.");
    private static final Field<String> FILE = optional("file", Scalars.text(), "The file that holds it.");

    static final ObjectType<SecretSource> TYPE = ObjectType.of("secret", List.of(ENV, FILE), SecretKeys::secret)
            .constrained(Keywords.of(
                    "oneOf",
                    List.of(Keywords.of("required", List.of("env")), Keywords.of("required", List.of("file")))));

    private SecretKeys() {}

    private static SecretSource secret(ReadFields fields, Problems problems) {
        if (fields.has(ENV) == fields.has(FILE)) {
            problems.add(fields.place(), "a secret comes from either \"env\" or \"file\"");
        }
        return fields.get(FILE)
                .<SecretSource>map(SecretSource.File::new)
                .orElseGet(() -> new SecretSource.Variable(fields.get(ENV).orElse("")));
    }
}
