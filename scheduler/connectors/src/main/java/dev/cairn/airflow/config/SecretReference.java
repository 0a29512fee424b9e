package dev.cairn.airflow.config;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Trust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/** The place of a secret, never the secret itself. */
sealed interface SecretReference {

    /** @param name the name of a variable in the runner's environment */
    record Variable(String name) implements SecretReference {}

    /** @param file a file that holds only the secret; line ends at its end are ignored */
    record File(Path file) implements SecretReference {}

    /** Reads the secret when it is needed, so that a changed file takes effect at once. */
    default Supplier<String> in(Map<String, String> environment) {
        if (this instanceof Variable variable) {
            return () -> environment.getOrDefault(variable.name(), "");
        }
        Path file = ((File) this).file();
        return () -> {
            try {
                Trust.ofThisProcess().check(file);
                return OrdinaryFile.text(file).stripTrailing();
            } catch (IOException e) {
                throw new UncheckedIOException("the secret in " + file + " cannot be read: " + e.getMessage(), e);
            }
        };
    }

    /** The reason why there is no secret now; empty if there is one. */
    default String missing(Map<String, String> environment) {
        if (this instanceof Variable variable) {
            return environment.getOrDefault(variable.name(), "").isEmpty()
                    ? "the variable " + variable.name() + " is not set"
                    : "";
        }
        Path file = ((File) this).file();
        try {
            Trust.ofThisProcess().check(file);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
        return Files.isReadable(file) ? "" : "the file " + file + " cannot be read";
    }
}
