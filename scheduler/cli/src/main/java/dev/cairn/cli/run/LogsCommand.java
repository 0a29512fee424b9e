package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.RunOrNewest;
import dev.cairn.cli.shared.Runs;
import dev.cairn.cli.terminal.LogFollower;
import dev.cairn.cli.terminal.PrefixedLines;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.manifest.AttemptLogs;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.mask.MaskedOutput;
import dev.cairn.run.mask.Masks;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn logs}. */
@Command(name = "logs", description = "Prints the log of a step, or of all steps of a run.")
public final class LogsCommand implements Callable<Integer> {
    private static final int LOOK_EVERY_MILLIS = 100;

    private final CompositionRoot composition;
    private final Console console;
    private final Map<Path, LogFollower> followers = new LinkedHashMap<>();

    @Mixin
    private RunOrNewest named;

    @Parameters(index = "1", arity = "0..1", paramLabel = "STEP", description = "Only this step.")
    private @Nullable String step;

    @Option(
            names = {"-f", "--follow"},
            description = "Follows the logs until the run ends.")
    private boolean follow;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "LINES",
            description = "Starts this many lines before the end.")
    private @Nullable Integer lines;

    @Option(
            names = "--attempt",
            paramLabel = "N|all",
            description =
                    "Prints what attempt N wrote, also what a resume has cut off the log since; 'all': each attempt in turn.")
    private @Nullable String attempt;

    public LogsCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    @Override
    public Integer call() throws IOException, CliException, InterruptedException {
        Runs runs = composition.runs();
        RunFolder folder = named.find(runs);
        if (attempt != null) {
            return attempts(runs, RunManifest.read(folder));
        }
        boolean running = true;
        while (running) {
            // reads the state before the logs, so that no output before the end is missed
            RunManifest run = RunManifest.read(folder);
            running = follow && run.state() == RunState.RUNNING;
            for (StepFolder stepFolder : steps(runs, run)) {
                poll(stepFolder, run.steps().size() > 1 && step == null ? run.label(stepFolder.stepId()) : "");
            }
            if (running) {
                Thread.sleep(LOOK_EVERY_MILLIS);
            }
        }
        for (LogFollower follower : followers.values()) {
            follower.finish();
        }
        return ExitCode.OK;
    }

    private int attempts(Runs runs, RunManifest run) throws IOException, CliException {
        if (follow || lines != null) {
            throw new CliException(ExitCode.USAGE, "--attempt prints whole logs; leave out --follow and --lines");
        }
        List<StepManifest> steps = new ArrayList<>();
        for (StepFolder folder : runs.stepFolders(run, Optional.ofNullable(step))) {
            StepManifest.read(folder).ifPresent(steps::add);
        }
        int printed = 0;
        for (StepManifest manifest : steps) {
            for (AttemptRecord record : manifest.attempts()) {
                if ("all".equals(attempt) || Integer.toString(record.number()).equals(attempt)) {
                    print(run.label(manifest.stepId()), steps.size() > 1, manifest, record);
                    printed++;
                }
            }
        }
        if (printed == 0) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    "there is no attempt " + attempt + "; "
                            + steps.stream()
                                    .map(it -> run.label(it.stepId()) + " has "
                                            + it.attempts().size())
                                    .collect(Collectors.joining(", ")));
        }
        return ExitCode.OK;
    }

    private void print(String label, boolean several, StepManifest manifest, AttemptRecord record) throws IOException {
        if ("all".equals(attempt)) {
            console.say("== " + label + ", attempt " + record.number()
                    + record.resumedFrom().stream()
                            .filter(image -> image > 0)
                            .mapToObj(image -> " from image " + image)
                            .findFirst()
                            .orElse("")
                    + " ==");
        }
        StepFolder folder = manifest.folder();
        Masks masks = Masks.read(folder.masks());
        OutputStream out = several ? new PrefixedLines(console.out(), label) : console.out();
        OutputStream err = several ? new PrefixedLines(console.err(), label) : console.err();
        copy(AttemptLogs.ofStdout(folder, manifest.attempts()), record, masks, out);
        copy(AttemptLogs.ofStderr(folder, manifest.attempts()), record, masks, err);
    }

    private static void copy(AttemptLogs logs, AttemptRecord record, Masks masks, OutputStream out) throws IOException {
        MaskedOutput masked = new MaskedOutput(out);
        logs.copy(record.number(), (bytes, length) -> masked.write(masks, bytes, length));
        masked.finish(masks);
        out.flush();
    }

    private List<StepFolder> steps(Runs runs, RunManifest run) throws RequestException {
        boolean mayStillCome = follow && run.state() == RunState.RUNNING;
        return mayStillCome && step != null && run.named(step).isEmpty()
                ? List.of()
                : runs.stepFolders(run, Optional.ofNullable(step));
    }

    /** @param label the prefix of each line; empty for none */
    private void poll(StepFolder stepFolder, String label) throws IOException {
        follower(stepFolder.stdout(), console.out(), label).poll();
        follower(stepFolder.stderr(), console.err(), label).poll();
    }

    private LogFollower follower(Path log, OutputStream out, String label) throws IOException {
        LogFollower known = followers.get(log);
        if (known != null) {
            return known;
        }
        LogFollower follower = new LogFollower(log, label.isEmpty() ? out : new PrefixedLines(out, label));
        if (lines != null) {
            follower.skipToLast(lines);
        }
        followers.put(log, follower);
        return follower;
    }
}
