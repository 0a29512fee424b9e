package dev.cairn.run.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The parts of a log that single attempts wrote. A step has one log, which a resume truncates to where the image was
 * taken; the tail that it cuts off lies in the new attempt's {@code undone/}. Immutable; any thread.
 */
public final class AttemptLogs {
    private static final String CUT = ".from-";

    /** A piece of a file. */
    private record Piece(Path file, long from, long length) {}

    private final List<AttemptRecord> attempts;
    private final List<List<Piece>> byAttempt = new ArrayList<>();

    /**
     * @param log one of the step's logs
     * @param sizeBefore the size of this log before an attempt
     */
    private AttemptLogs(StepFolder step, List<AttemptRecord> attempts, Path log, Before sizeBefore) throws IOException {
        this.attempts = List.copyOf(attempts);
        List<Piece> whole = whole(log);
        for (int i = attempts.size() - 1; i >= 0; i--) {
            Path attempt = step.attempt(attempts.get(i).number());
            Optional<Piece> tail = tail(attempt.resolve("undone"), log);
            long start = tail.isPresent()
                    ? offset(tail.get().file())
                    : attempts.get(i).logsBefore().map(sizeBefore::of).orElse(0L);
            byAttempt.add(0, cut(whole, start, Long.MAX_VALUE));
            whole = new ArrayList<>(cut(whole, 0, start));
            tail.ifPresent(whole::add);
        }
    }

    private static List<Piece> whole(Path log) throws IOException {
        try {
            return List.of(new Piece(log, 0, Files.size(log)));
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /** Which of the two logs. */
    @FunctionalInterface
    private interface Before {
        long of(AttemptRecord.LogSizes sizes);
    }

    public static AttemptLogs ofStdout(StepFolder step, List<AttemptRecord> attempts) throws IOException {
        return new AttemptLogs(step, attempts, step.stdout(), AttemptRecord.LogSizes::stdout);
    }

    public static AttemptLogs ofStderr(StepFolder step, List<AttemptRecord> attempts) throws IOException {
        return new AttemptLogs(step, attempts, step.stderr(), AttemptRecord.LogSizes::stderr);
    }

    /** Receives a log, piece by piece. */
    @FunctionalInterface
    public interface Sink {
        void write(byte[] bytes, int length) throws IOException;
    }

    /** Copies the part that one attempt wrote, even if a resume has cut it off. */
    public void copy(int number, Sink out) throws IOException {
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).number() == number) {
                for (Piece piece : byAttempt.get(i)) {
                    copy(piece, out);
                }
            }
        }
    }

    private static void copy(Piece piece, Sink out) throws IOException {
        try (FileChannel file = FileChannel.open(piece.file(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            InputStream in = Channels.newInputStream(file.position(piece.from()));
            byte[] buffer = new byte[1 << 16];
            long left = piece.length();
            while (left > 0) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) {
                    return; // cut off meanwhile
                }
                out.write(buffer, n);
                left -= n;
            }
        }
    }

    private static List<Piece> cut(List<Piece> pieces, long from, long to) {
        List<Piece> inside = new ArrayList<>();
        long at = 0;
        for (Piece piece : pieces) {
            long begin = Math.max(from, at);
            long end = Math.min(to, at + piece.length());
            if (begin < end) {
                inside.add(new Piece(piece.file(), piece.from() + begin - at, end - begin));
            }
            at += piece.length();
        }
        return inside;
    }

    /** The tail that the first roll-back of an attempt cut off; later roll-backs found the log cut already. */
    private static Optional<Piece> tail(Path undone, Path log) throws IOException {
        for (Path rollback : sorted(undone, "[0-9]*")) {
            Path folder = rollback.resolve(
                    Path.of("/").relativize(log.resolveSibling(".").toAbsolutePath()));
            for (Path tail : sorted(folder.normalize(), log.getFileName() + CUT + "*")) {
                if (!tail.toString().matches(".*\\d{1,18}")) {
                    continue;
                }
                return Optional.of(new Piece(tail, 0, Files.size(tail)));
            }
        }
        return Optional.empty();
    }

    private static long offset(Path tail) {
        String name = tail.getFileName().toString();
        return Long.parseLong(name.substring(name.lastIndexOf(CUT) + CUT.length()));
    }

    private static List<Path> sorted(Path folder, String names) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, names)) {
            entries.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException none) {
            return List.of();
        }
        found.sort(
                Comparator.comparingInt((Path path) -> path.toString().length()).thenComparing(Path::toString));
        return found;
    }
}
