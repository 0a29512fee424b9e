package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** {@code cairn}, as a process of its own, the way a person starts it. Output goes to files, so that nothing blocks. */
public final class CairnProcess implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 120;
    private static final Path NOTHING = Path.of("/dev/null");

    /** How it ended. */
    record Outcome(int exitCode, String out, String err) {}

    private final Process process;
    private final Path out;
    private final Path err;

    private CairnProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts it in a folder, with variables laid over ours, reading a file. */
    public static CairnProcess start(Path folder, Map<String, String> environment, Path input, String... arguments)
            throws IOException {
        return start(folder, environment, Redirect.from(input.toFile()), command(arguments));
    }

    /** Starts it in a terminal of its own, which shows everything on {@link #out}; {@link #type} is its keyboard. */
    static CairnProcess startInTerminal(Path folder, String... arguments) throws IOException {
        return start(
                folder,
                Map.of("TERM", "xterm"),
                Redirect.PIPE,
                List.of("script", "-qefc", line(arguments), "/dev/null"));
    }

    /** Starts it with no room for a single byte in any file; all it says is on {@link #out}. */
    static CairnProcess startWithoutRoom(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("bash", "-c", "set -o pipefail; (ulimit -f 0; exec \"$@\") 2>&1 | cat", "cairn"));
        command.addAll(command(arguments));
        return start(folder, Map.of(), Redirect.from(NOTHING.toFile()), command);
    }

    /** Starts it with standard output on a full disk; {@link #err} is as ever. */
    static CairnProcess startWithFullOutput(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >/dev/full", "cairn"));
        command.addAll(command(arguments));
        return start(folder, Map.of(), Redirect.from(NOTHING.toFile()), command);
    }

    /** The command as a shell takes it. */
    static String line(String... arguments) {
        return command(arguments).stream()
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    private static List<String> command(String... arguments) {
        // A test run under nohup ignores SIGHUP, and its children would too.
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal",
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.cairn.cli.Main"));
        String nativeFolder = System.getProperty("cairn.native.dir");
        if (nativeFolder != null) {
            command.add(3, "-Dcairn.native.dir=" + nativeFolder);
        }
        command.addAll(List.of(arguments));
        return command;
    }

    private static CairnProcess start(
            Path folder, Map<String, String> environment, Redirect input, List<String> command) throws IOException {
        Path out = Files.createTempFile("cairn", ".out");
        Path err = Files.createTempFile("cairn", ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(input)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().remove("CAIRN_HOME");
        builder.environment().putAll(environment);
        return new CairnProcess(builder.start(), out, err);
    }

    public static CairnProcess start(Path folder, String... arguments) throws IOException {
        return start(folder, Map.of(), NOTHING, arguments);
    }

    /** Starts the daemon, and waits until it is at work. */
    static CairnProcess startDaemon(Path folder, Map<String, String> environment, String... options)
            throws IOException {
        String[] line = Stream.concat(Stream.of("daemon", "--foreground"), Stream.of(options))
                .toArray(String[]::new);
        CairnProcess daemon = start(folder, environment, NOTHING, line);
        daemon.awaitErr("at work");
        return daemon;
    }

    static Outcome run(Path folder, String... arguments) throws IOException, InterruptedException {
        return run(folder, Map.of(), arguments);
    }

    /** Likewise, with variables laid over ours. */
    static Outcome run(Path folder, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        try (CairnProcess cairn = start(folder, environment, NOTHING, arguments)) {
            return cairn.await();
        }
    }

    public Outcome await() throws IOException, InterruptedException {
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError(
                    "still running after " + DEADLINE_SECONDS + " s; out: " + out() + "; err: " + err());
        }
        return new Outcome(process.exitValue(), out(), err());
    }

    long pid() {
        return process.pid();
    }

    /** What a person types. */
    void type(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(UTF_8));
        process.getOutputStream().flush();
    }

    /** What it has written so far. */
    String out() throws IOException {
        return Files.readString(out, UTF_8);
    }

    String err() throws IOException {
        return Files.readString(err, UTF_8);
    }

    /** Waits until it has written this to stdout. */
    void awaitOut(String text) {
        await(() -> out().contains(text));
    }

    /** Waits until it has written this to stderr. */
    void awaitErr(String text) {
        await(() -> err().contains(text));
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(DEADLINE_SECONDS))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    /** By the name that {@code kill} has for it. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
    }
}
