package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.NonEmptyName;
import dev.cairn.cli.shared.Runs;
import dev.cairn.cli.terminal.LocalTerminal;
import dev.cairn.engine.EngineException;
import dev.cairn.run.CheckpointedCommand;
import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn exec}. */
@Command(
        name = "exec",
        description = "Runs one command as a checkpointed step in the foreground; exits with its exit code.",
        customSynopsis = "cairn exec [OPTIONS] -- COMMAND [ARGUMENT...]")
public final class ExecCommand implements Callable<Integer> {
    /** The options that a run keeps from its start, each with its effect. */
    private static final Map<String, Function<CommandOrigin, Object>> KEPT = new TreeMap<>(Map.of(
            "--interval", CommandOrigin::everyMillis,
            "--engine", CommandOrigin::engine,
            "--compression", CommandOrigin::compression,
            "--cpu", CommandOrigin::baselineCpu,
            "--keep-binaries", CommandOrigin::keepBinaries,
            "--journal", CommandOrigin::journalBytes,
            "--io-uring", CommandOrigin::ioUring,
            "--rollback", CommandOrigin::rollback));

    private final CompositionRoot composition;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--name",
            paramLabel = "NAME",
            converter = NonEmptyName.class,
            description = "Names the run; the same line resumes it until it has ended.")
    private @Nullable String name;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "EVERY",
            defaultValue = "auto",
            description =
                    "Time between checkpoints, e.g. 5m; auto adapts it to their cost, never takes them only on request.")
    private String interval = "auto";

    @Option(
            names = {"-t", "--raw"},
            description = "In a terminal, Ctrl-C always goes to the command; Ctrl-] checkpoints and stops.")
    private boolean raw;

    @Option(names = "--new", description = "Starts a new run instead of resuming an unfinished one of that name.")
    private boolean fresh;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            defaultValue = "native",
            description = "The checkpoint engine; none starts over instead of resuming.")
    private String engine = "native";

    @Option(
            names = "--compression",
            paramLabel = "LEVEL",
            description = "Compression of images: 0 for none, or zstd level 1 to 19; 1 if not given.")
    private @Nullable Integer compression;

    @Option(
            names = "--cpu",
            paramLabel = "CPU",
            defaultValue = "native",
            description = "baseline limits libraries to x86-64-v2, so that images fit other machines; or native.")
    private String cpu = "native";

    @Option(
            names = "--keep-binaries",
            description = "Keeps programs and libraries with the images, so that a resume works after their upgrade.")
    private boolean keepBinaries;

    @Option(
            names = "--journal",
            paramLabel = "SIZE",
            defaultValue = "4G",
            description =
                    "A resume undoes every change of files since the image; at most SIZE (4G) is kept for it. off: no journal.")
    private String journal = "4G";

    @Option(names = "--io-uring", description = "Lets the command use io_uring, with which it cannot be checkpointed.")
    private boolean ioUring;

    @Option(
            names = "--rollback",
            paramLabel = "PATH",
            description = "A file or folder to roll back as a whole on resume, rewritten files too; repeatable.")
    private List<Path> rollback = new ArrayList<>();

    @Mixin
    private RunningOptions running;

    ExecCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    /** Every word after the program is an argument of the program, even if it looks like an option. */
    public static CommandLine line(CompositionRoot composition) {
        return new CommandLine(new ExecCommand(composition)).setStopAtPositional(true);
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Console console = composition.console();
        ProgramCheck.check(words.get(0), console);
        CheckpointedCommand command = CheckpointedCommand.of(words)
                .in(console.workingDirectory())
                .engine(engine)
                .with(new ResumeOptions(running.acceptChanged, running.assumeLost, Map.of(), Set.of()));
        setInterval(command);
        setCompression(command);
        setCpu(command);
        setJournal(command);
        if (ioUring) {
            command.withIoUring();
        }
        if (keepBinaries) {
            command.keepingBinaries();
        }
        rollback.forEach(command::rollingBack);
        if (name != null) {
            command.named(name);
        }
        if (fresh) {
            command.startingNew();
        }
        Runs runs = composition.runsHere();
        ForegroundRun foreground = new ForegroundRun(composition, runs, false).keepingCtrlC(raw);
        if (Console.stdinIsTerminal() && Console.stdoutIsTerminal()) {
            LocalTerminal.Size size = LocalTerminal.size();
            command.onTerminal(size.rows(), size.columns());
        } else if (!Console.stdinIsTerminal()) {
            InputSpool.spool(runs.home()).ifPresent(command::reading);
        }
        return foreground.run(() -> open(runs, command), running.patience());
    }

    private OpenResult open(Runs runs, CheckpointedCommand command)
            throws IOException, EngineException, InterruptedException {
        OpenResult opening = runs.runner().exec(command);
        if (opening instanceof OpenResult.Ready ready && !ready.session().isFresh()) {
            reportIgnoredOptions(command, RunManifest.read(ready.session().folder()));
        }
        return opening;
    }

    /** A run keeps the options of its start. Names the options on this command line that differ. */
    private void reportIgnoredOptions(CheckpointedCommand command, RunManifest run) {
        CommandOrigin asked = command.origin();
        CommandOrigin begun = run.origin().command().orElseThrow();
        List<String> ignored = new ArrayList<>();
        KEPT.forEach((option, value) -> {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)
                    && !value.apply(asked).equals(value.apply(begun))) {
                ignored.add(option);
            }
        });
        if (!command.folder().equals(run.origin().folder())) {
            ignored.add("this folder (it runs in " + run.origin().folder() + ")");
        }
        if (!ignored.isEmpty()) {
            composition
                    .console()
                    .say("cairn: " + name + " resumes with the options it was started with; ignored: "
                            + String.join(", ", ignored) + "; to start over: cairn cancel " + name
                            + ", then this line again");
        }
    }

    private void setCompression(CheckpointedCommand command) throws CliException {
        if (compression != null) {
            if (compression < 0 || compression > 19) {
                throw new CliException(ExitCode.USAGE, "--compression " + compression + ": not a level from 0 to 19");
            }
            command.compression(compression);
        }
    }

    private void setCpu(CheckpointedCommand command) throws CliException {
        switch (cpu) {
            case "native" -> {}
            case "baseline" -> command.onBaselineCpu();
            default -> throw new CliException(ExitCode.USAGE, "--cpu " + cpu + ": neither native nor baseline");
        }
    }

    private void setJournal(CheckpointedCommand command) throws CliException {
        Optional<Long> bytes =
                journal.equals("off") ? Optional.of(0L) : Sizes.parse(journal).filter(size -> size > 0);
        command.journalling(bytes.orElseThrow(() ->
                new CliException(ExitCode.USAGE, "--journal " + journal + ": not a size such as 512M or 4G, nor off")));
    }

    private void setInterval(CheckpointedCommand command) throws CliException {
        switch (interval) {
            case "auto" -> {}
            case "never" -> command.onRequestOnly();
            default -> {
                Optional<Duration> every = Durations.parse(interval).filter(d -> !d.isZero());
                command.every(every.orElseThrow(() -> new CliException(
                        ExitCode.USAGE,
                        "--interval " + interval + ": not a duration such as 30s or 10m, nor auto, nor never")));
            }
        }
    }
}
