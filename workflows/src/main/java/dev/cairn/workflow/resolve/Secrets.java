package dev.cairn.workflow.resolve;

import dev.cairn.workflow.spec.SecretSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Looks up secrets in their sources, each time anew. Stateless; any thread. */
public final class Secrets {
    private Secrets() {}

    /**
     * @param folder the folder for relative paths
     * @throws IOException if the secret is missing; the message says what is missing and where
     */
    public static String value(SecretSource source, Path folder, Map<String, String> environment, NamedFiles files)
            throws IOException {
        if (source instanceof SecretSource.Variable variable) {
            String value = environment.get(variable.name());
            if (value == null) {
                throw new IOException("the variable " + variable.name() + " is not set");
            }
            return value;
        }
        String path = ((SecretSource.File) source).path();
        try {
            return files.text(folder.resolve(path)).stripTrailing();
        } catch (IOException e) {
            throw new IOException("the file " + path + " cannot be read: " + e.getMessage(), e);
        }
    }
}
