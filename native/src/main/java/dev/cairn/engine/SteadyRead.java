package dev.cairn.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a file through a passing error of its disk or server: one EIO does not end who follows a running step. Stateless; any thread. */
public final class SteadyRead {
    private static final int TRIES = 5;
    private static final long FIRST_PAUSE_MILLIS = 50;

    private SteadyRead() {}

    /** How a file is read once; what the tests replace. */
    @FunctionalInterface
    interface Source {
        byte[] read() throws IOException;
    }

    /** @throws IOException what lasts (no such file, no permission) at once, else what the last of several tries within a second met */
    public static byte[] of(Path file) throws IOException {
        return of(() -> Files.readAllBytes(file));
    }

    static byte[] of(Source source) throws IOException {
        long pause = FIRST_PAUSE_MILLIS;
        for (int left = TRIES - 1; ; left--, pause *= 2) {
            try {
                return source.read();
            } catch (NoSuchFileException | AccessDeniedException lasting) {
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
