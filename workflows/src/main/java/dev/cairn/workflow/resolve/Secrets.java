package dev.cairn.workflow.resolve;

import dev.cairn.workflow.spec.SecretSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Looks secrets up where they are, each time anew. Stateless; any thread. */
public final class Secrets {
    private Secrets() {}

    /**
     * @param folder where relative paths begin
     * @throws IOException when there is none; the message says what is missing and where
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
