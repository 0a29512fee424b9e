package dev.cairn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** One step in a folder, over as many attempts as a test likes. */
public final class TestStep {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Of every step; {@code CAIRN_TEST_FOLDER} tells its processes from others. */
    public static final Map<String, String> ENVIRONMENT =
            new TreeMap<>(Map.of("PATH", "/usr/local/bin:/usr/bin:/bin", "LANG", "C.UTF-8", "SECRET", "a b\"c\\"));

    private final Checkpointer engine;
    private final Path folder;
    private final List<StepProcess> started = new ArrayList<>();
    private final UnaryOperator<LaunchBuilder> adapt;
    private final Consumer<List<String>> logCheck;
    private int attempt;

    /**
     * @param adapt adds what the engine needs to a launch
     * @param logCheck checks what the counter printed
     */
    TestStep(Checkpointer engine, Path folder, UnaryOperator<LaunchBuilder> adapt, Consumer<List<String>> logCheck)
            throws IOException {
        this.engine = engine;
        this.folder = folder;
        this.adapt = adapt;
        this.logCheck = logCheck;
        Files.createDirectory(work());
    }

    public Path work() {
        return folder.resolve("work");
    }

    public Path stdout() {
        return folder.resolve("stdout.log");
    }

    Path attemptDir() {
        return folder.resolve("attempts").resolve(Integer.toString(attempt));
    }

    public Path image(long sequence) {
        return folder.resolve("checkpoints").resolve("%06d".formatted(sequence));
    }

    /** The sequences of the images that are there, ascending. */
    List<Long> images() throws IOException {
        try (Stream<Path> entries = Files.list(folder.resolve("checkpoints"))) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("[0-9]+"))
                    .map(Long::valueOf)
                    .sorted()
                    .toList();
        }
    }

    public StepProcess start(String script) throws Exception {
        return start(script, UnaryOperator.identity());
    }

    public StepProcess start(String script, UnaryOperator<LaunchBuilder> change) throws Exception {
        return start(List.of("bash", "-c", script), change);
    }

    public StepProcess start(List<String> command) throws Exception {
        return start(command, UnaryOperator.identity());
    }

    /** The next attempt. */
    public StepProcess start(List<String> command, UnaryOperator<LaunchBuilder> change) throws Exception {
        attempt++;
        Files.createDirectories(
                attemptDir(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        StepProcess step = engine.start(change.apply(adapt.apply(new LaunchBuilder(folder, attemptDir(), command)))
                .build());
        started.add(step);
        return step;
    }

    public StepExit finish(StepProcess step) throws Exception {
        return step.awaitExit(PATIENCE).orElseThrow(() -> new AssertionError("the step has not ended"));
    }

    StepExit awaitExitOfAttempt() throws Exception {
        await("the attempt to end", () -> engine.exitOf(attemptDir()).isPresent());
        return engine.exitOf(attemptDir()).orElseThrow();
    }

    /** Result and log of the counter are those of an undisturbed run. */
    void assertCounted() throws IOException {
        assertThat(Files.readAllLines(work().resolve("count.txt"))).isEqualTo(CheckpointerContract.counted(""));
        logCheck.accept(Files.readAllLines(stdout()));
        assertThat(folder.resolve("stderr.log")).isEmptyFile();
    }

    void awaitCount(int lines) throws Exception {
        Path file = work().resolve("count.txt");
        await(
                lines + " lines in " + file,
                () -> Files.exists(file) && Files.readAllLines(file).size() >= lines);
    }

    /** Until no line comes for as long as twenty of the counter's take. */
    void awaitStandstill() throws Exception {
        await("the step to stand still", () -> {
            int before = count();
            LockSupport.parkNanos(200_000_000);
            return count() == before;
        });
    }

    int count() throws IOException {
        return Files.readAllLines(work().resolve("count.txt")).size();
    }

    public void awaitOutput(String text) throws Exception {
        await(
                "\"" + text + "\" in the step's output",
                () -> Files.exists(stdout()) && Files.readString(stdout()).contains(text));
    }

    /** No process is left whose working folder is the step's. */
    void awaitNoProcess() throws Exception {
        await("the step's processes to be gone", () -> processes().isEmpty());
    }

    /** It ends a moment after it has said how its step ended. */
    void awaitNoSupervisor() throws Exception {
        await("the supervisor to be gone", () -> {
            Optional<StepProcess> alive = engine.attach(attemptDir());
            alive.ifPresent(StepProcess::close);
            return alive.isEmpty();
        });
    }

    private List<Path> processes() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : (Iterable<Path>) all::iterator) {
                if (isOfStep(process)) {
                    found.add(process);
                }
            }
        }
        return found;
    }

    private boolean isOfStep(Path process) {
        try {
            return Character.isDigit(process.getFileName().toString().charAt(0))
                    && Files.readSymbolicLink(process.resolve("cwd")).equals(work());
        } catch (IOException goneOrNotOurs) {
            return false;
        }
    }

    /** SIGKILL. */
    public void kill(ProcessIdentity process) {
        ProcessHandle.of(process.pid()).orElseThrow().destroyForcibly();
    }

    void endAll() throws Exception {
        for (int n = 1; n <= attempt; n++) {
            Optional<StepProcess> alive =
                    engine.attach(folder.resolve("attempts").resolve(Integer.toString(n)));
            if (alive.isPresent()) {
                kill(alive.get().supervisor());
                alive.get().close();
            }
        }
        for (StepProcess step : started) {
            step.close();
        }
        awaitNoProcess();
    }

    void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what + "; stderr: " + errors());
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private String errors() throws IOException {
        Path file = folder.resolve("stderr.log");
        return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "(none)";
    }
}
