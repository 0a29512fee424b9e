package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads the files that a workflow names and acts upon: those of {@code env_file}, of secrets and of {@code read(path)}. Whether somebody else
 * could have written one is for the implementation to judge.
 */
@FunctionalInterface
public interface NamedFiles {
    /**
     * @throws NoSuchFileException when there is none
     * @throws IOException when it cannot be read, or is not to be trusted
     */
    byte[] read(Path file) throws IOException;

    /** Its text in UTF-8; the messages of failures have no path. */
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
