package dev.cairn.airflow.config;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Trust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/** Where a secret is, never the secret. */
sealed interface SecretReference {

    /** @param name of a variable of the runner's environment */
    record Variable(String name) implements SecretReference {}

    /** @param file that holds nothing else; line ends at its end do not count */
    record File(Path file) implements SecretReference {}

    /** Read when it is needed, so that a changed file counts at once. */
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

    /** Why there is no secret there now; empty when there is one. */
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
