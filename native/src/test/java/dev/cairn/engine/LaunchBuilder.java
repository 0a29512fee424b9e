package dev.cairn.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A launch with what a test does not care about filled in. */
public final class LaunchBuilder {
    private final Path folder;
    private final Path attemptDir;
    private final List<String> command;
    private CheckpointPolicy.Interval interval = new CheckpointPolicy.Interval.OnRequest();
    private int keep = 2;
    private long minFreeBytes;
    private long journalBytes;
    private boolean ioUring;
    private Optional<Duration> timeout = Optional.empty();
    private Optional<Duration> beforeTimeout = Optional.empty();
    private Duration spent = Duration.ZERO;
    private Optional<Path> restoreFrom = Optional.empty();
    private boolean acceptChanged;
    private Map<Path, Path> moved = Map.of();
    private boolean outlivesRunner = true;
    private Optional<AppCheckpoints> app = Optional.empty();
    private Map<String, Renewal> renewals = Map.of();
    private Optional<LeaseTimes> lease = Optional.empty();
    private Optional<StepIo> io = Optional.empty();
    private Map<String, String> environment = TestStep.ENVIRONMENT;

    LaunchBuilder(Path folder, Path attemptDir, List<String> command) {
        this.folder = folder;
        this.attemptDir = attemptDir;
        this.command = command;
    }

    public LaunchBuilder every(Duration duration) {
        interval = new CheckpointPolicy.Interval.Every(duration);
        return this;
    }

    public LaunchBuilder keep(int images) {
        keep = images;
        return this;
    }

    public LaunchBuilder ioUring() {
        ioUring = true;
        return this;
    }

    public LaunchBuilder journalBytes(long bytes) {
        journalBytes = bytes;
        return this;
    }

    LaunchBuilder minFreeBytes(long bytes) {
        minFreeBytes = bytes;
        return this;
    }

    LaunchBuilder timeout(Duration duration) {
        timeout = Optional.of(duration);
        return this;
    }

    LaunchBuilder beforeTimeout(Duration duration) {
        beforeTimeout = Optional.of(duration);
        return this;
    }

    LaunchBuilder spent(Duration duration) {
        spent = duration;
        return this;
    }

    public LaunchBuilder restoreFrom(Path image) {
        restoreFrom = Optional.of(image);
        return this;
    }

    public LaunchBuilder acceptChanged() {
        acceptChanged = true;
        return this;
    }

    public LaunchBuilder moved(Path from, Path to) {
        moved = Map.of(from, to);
        return this;
    }

    LaunchBuilder outlivesRunner(boolean value) {
        outlivesRunner = value;
        return this;
    }

    public LaunchBuilder app(AppCheckpoints value) {
        app = Optional.of(value);
        return this;
    }

    LaunchBuilder lease(LeaseTimes times) {
        lease = Optional.of(times);
        return this;
    }

    public LaunchBuilder terminal(int rows, int columns) {
        io = Optional.of(new StepIo.Terminal(rows, columns, folder.resolve("stdout.log")));
        return this;
    }

    public LaunchBuilder environment(Map<String, String> variables) {
        environment = variables;
        return this;
    }

    public LaunchBuilder renewing(Map<String, Renewal> outdated) {
        renewals = outdated;
        return this;
    }

    StepLaunch build() {
        Path work = folder.resolve("work");
        return new StepLaunch(
                attemptDir,
                folder.resolve("checkpoints"),
                command,
                work,
                environment,
                022,
                false,
                io.orElseGet(() -> new StepIo.Files(
                        Path.of("/dev/null"), folder.resolve("stdout.log"), folder.resolve("stderr.log"))),
                new CheckpointPolicy(
                        interval,
                        Duration.ofDays(1),
                        keep,
                        1,
                        minFreeBytes,
                        beforeTimeout,
                        false,
                        journalBytes,
                        ioUring),
                timeout,
                spent,
                Duration.ofSeconds(5),
                new Rollback(true, List.of(work)),
                restoreFrom,
                acceptChanged,
                moved,
                outlivesRunner,
                app,
                renewals,
                lease);
    }
}
