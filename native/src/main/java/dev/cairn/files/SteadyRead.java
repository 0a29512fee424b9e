package dev.cairn.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/**
 * Reads a file despite temporary errors of its disk or server, which may last some seconds. An EIO or ESTALE must not
 * end a process that follows a running step. Stateless; any thread.
 */
public final class SteadyRead {
    private static final int TRIES = 8;
    private static final long FIRST_PAUSE_MILLIS = 50;

    private SteadyRead() {}

    /** Reads once. */
    @FunctionalInterface
    public interface Source<T> {
        T read() throws IOException;
    }

    /**
     * @throws IOException at once for a lasting error (no such file, no permission), else the error of the last of
     *     several tries
     */
    public static <T> T of(Source<T> source) throws IOException {
        long pause = FIRST_PAUSE_MILLIS;
        for (int left = TRIES - 1; ; left--, pause *= 2) {
            try {
                return source.read();
            } catch (NoSuchFileException | AccessDeniedException | DocumentException | UntrustedException lasting) {
                throw lasting;
            } catch (IOException passing) {
                if (left == 0 || interrupted(pause)) {
                    throw passing;
                }
            }
        }
    }

    private static boolean interrupted(long millis) {
        try {
            Thread.sleep(millis);
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
