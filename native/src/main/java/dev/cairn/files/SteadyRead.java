package dev.cairn.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/**
 * Reads a file through a passing error of its disk or server, which may take some seconds: an EIO or ESTALE does not end who follows a
 * running step. Stateless; any thread.
 */
public final class SteadyRead {
    private static final int TRIES = 8;
    private static final long FIRST_PAUSE_MILLIS = 50;

    private SteadyRead() {}

    /** How something is read once. */
    @FunctionalInterface
    public interface Source<T> {
        T read() throws IOException;
    }

    /** @throws IOException what lasts (no such file, no permission) at once, else what the last of several tries met */
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
