package dev.cairn.cli.shared;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The parts of its process that a command uses: stdout for data, stderr for messages, the environment and the current
 * folder.
 *
 * @param out always UTF-8
 * @param err always UTF-8
 */
public record Console(PrintStream out, PrintStream err, Map<String, String> environment, Path workingDirectory) {

    private static final OptionalLong STDOUT_AT_START = fileLength(1);
    private static final OptionalLong STDERR_AT_START = fileLength(2);

    public static Console ofProcess(StandardOutput out) {
        return new Console(
                utf8(out),
                utf8(new FileOutputStream(FileDescriptor.err)),
                System.getenv(),
                Path.of("").toAbsolutePath());
    }

    /** Prints one line on stderr. */
    public void say(String line) {
        err.println(line);
    }

    /** Resolves a path that the user gave against the current folder. */
    public Path resolve(Path given) {
        return workingDirectory.resolve(given).normalize();
    }

    public static boolean stdinIsTerminal() {
        return isTerminal(0);
    }

    public static boolean stdoutIsTerminal() {
        return isTerminal(1);
    }

    public static boolean stderrIsTerminal() {
        return isTerminal(2);
    }

    /** The length of the file; empty if it is not a file. */
    public static OptionalLong stdoutLength() {
        return fileLength(1);
    }

    public static OptionalLong stderrLength() {
        return fileLength(2);
    }

    /** The length of stdout's file before this process wrote to it. */
    public static OptionalLong stdoutLengthAtStart() {
        return STDOUT_AT_START;
    }

    public static OptionalLong stderrLengthAtStart() {
        return STDERR_AT_START;
    }

    private static OptionalLong fileLength(int descriptor) {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        try {
            BasicFileAttributes file = Files.readAttributes(link, BasicFileAttributes.class);
            return file.isRegularFile() ? OptionalLong.of(file.size()) : OptionalLong.empty();
        } catch (IOException closed) {
            return OptionalLong.empty();
        }
    }

    /**
     * Whether a descriptor is a terminal, according to its link. Java's own console can only check all three streams
     * together.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException closed) {
            return false;
        }
    }

    private static PrintStream utf8(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }
}
