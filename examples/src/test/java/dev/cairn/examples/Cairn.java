package dev.cairn.examples;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The command line, started in a process of its own, for one caller with one home and a copy of one workflow's folder. Immutable. Closing
 * it leaves no process of that home.
 *
 * <p>The environment is a fixed one: neither the version of python nor anything else depends on who runs the tests.
 */
final class Cairn implements AutoCloseable {
    /** Of programs, unless a test lays another one over it. */
    static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static final long MINUTES_FOR_A_COMMAND = 10;

    private final Path folder;
    private final Caller caller;
    private final Map<String, String> more;

    private Cairn(Path folder, Caller caller, Map<String, String> more) {
        this.folder = folder;
        this.caller = caller;
        this.more = more;
    }

    /**
     * @param room a folder to make for all of it; whatever lies above must let others pass
     * @param workflow the folder to copy the workflow and its scripts from
     */
    static Cairn in(Path room, Path workflow, Caller caller) throws IOException {
        Files.createDirectory(room);
        Trees.copy(workflow, room.resolve("project"));
        Files.createDirectory(room.resolve("home"));
        Files.createDirectory(room.resolve("user"));
        caller.own(room);
        return new Cairn(room, caller, Map.of());
    }

    /** The same, with variables laid over the fixed ones. */
    Cairn with(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(more);
        all.putAll(variables);
        return new Cairn(folder, caller, all);
    }

    /** Holds the runs; every process of this test names it. */
    Path home() {
        return folder.resolve("home");
    }

    Path project() {
        return folder.resolve("project");
    }

    /** The runs there are, complete or not. */
    List<Path> runs() throws IOException {
        Path runs = home().resolve("runs");
        if (!Files.isDirectory(runs)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(runs)) {
            // a run that was killed while it was being made has left a draft, which never was a run
            return folders.filter(Files::isDirectory)
                    .filter(folder -> !folder.getFileName().toString().startsWith(".new-"))
                    .toList();
        }
    }

    /** Whatever runs for this home now. */
    Set<HostProcess> processes() {
        return ProcessTable.read().of(home());
    }

    /** What all commands have said so far. */
    String said() throws IOException {
        return Files.readString(folder.resolve("said.txt"));
    }

    /** Starts a command; {@code start("resume")}. */
    Process start(String... arguments) throws IOException {
        return startProgram("dev.cairn.cli.Main", arguments);
    }

    /** Starts another program of this class path as Cairn would be started. */
    Process startProgram(String mainClass, String... arguments) throws IOException {
        return builder(words(mainClass, arguments)).start();
    }

    /** A command line that is given the one of Cairn as its last arguments. */
    static List<String> after(String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(words("dev.cairn.cli.Main"));
        return words;
    }

    private static List<String> words(String mainClass, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                ReadableClassPath.text(),
                mainClass));
        words.addAll(List.of(arguments));
        return words;
    }

    /** Any command, as the caller, in the project's folder. */
    private ProcessBuilder builder(List<String> words) {
        List<String> command = new ArrayList<>(caller.prefix());
        command.addAll(words);
        File said = folder.resolve("said.txt").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(project().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(said))
                .redirectError(ProcessBuilder.Redirect.appendTo(said));
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH",
                        PATH,
                        "HOME",
                        folder.resolve("user").toString(),
                        "LANG",
                        "C.UTF-8",
                        "CAIRN_HOME",
                        home().toString()));
        builder.environment().putAll(more);
        return builder;
    }

    /** Runs Cairn to its end, which must be good, and returns what it printed. */
    String printed(String... arguments) throws IOException, InterruptedException {
        return printedBy(words("dev.cairn.cli.Main", arguments));
    }

    /** Likewise any command. */
    String printedBy(List<String> words) throws IOException, InterruptedException {
        Path printed = Files.createTempFile("cairn-printed", ".txt");
        try {
            Process process = builder(words).redirectOutput(printed.toFile()).start();
            if (await(process) != 0) {
                throw new AssertionError(words + " ended with " + process.exitValue() + "; it said:\n" + said());
            }
            return Files.readString(printed);
        } finally {
            Files.delete(printed);
        }
    }

    /** Runs a command to its end and returns its exit code. */
    int run(String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        return await(process);
    }

    /** Waits for a command's end; one that does not end is a failure that shows what it said. */
    int await(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(MINUTES_FOR_A_COMMAND, TimeUnit.MINUTES)) {
            killAll();
            throw new AssertionError("still runs after " + MINUTES_FOR_A_COMMAND + " minutes; it said:\n" + said());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        killAll();
    }

    /** Kills every process of this home, until there is none. */
    void killAll() {
        Set<HostProcess> alive = processes();
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!alive.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("survived SIGKILL for a minute: " + alive);
            }
            alive.forEach(HostProcess::kill);
            alive = processes();
        }
    }
}
