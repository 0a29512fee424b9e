package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads the files that a workflow names: those of {@code env_file}, of secrets and of {@code read(path)}. The
 * implementation decides whether a file can be trusted.
 */
@FunctionalInterface
public interface NamedFiles {
    /**
     * @throws NoSuchFileException if there is no such file
     * @throws IOException if it cannot be read, or is not trusted
     */
    byte[] read(Path file) throws IOException;

    /** The file's text in UTF-8. The messages of failures do not name the path. */
    default String text(Path file) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(read(file)))
                    .toString();
        } catch (NoSuchFileException none) {
            throw new IOException("there is no such file", none);
        } catch (CharacterCodingException e) {
            throw new IOException("not a text in UTF-8", e);
        }
    }
}
