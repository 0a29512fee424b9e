package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.ResumeOptions;
import dev.cairn.workflow.value.Durations;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options of all commands that resume a run, for changed steps and for owners on hosts that cannot be seen. */
final class RunningOptions {
    @Option(
            names = "--accept-changed",
            description = "Resumes from images even if the step has changed since; their memory holds the old code.")
    boolean acceptChanged;

    @Option(names = "--assume-lost", description = "Treats attempts on hosts that cannot be reached from here as dead.")
    boolean assumeLost;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "0s",
            description =
                    "Waits this long for another runner that holds the run; always waits for one that is stopping.")
    private String wait = "0s";

    /** The options of commands that run workflows. */
    static final class OfWorkflows {
        @Option(
                names = {"-v", "--verbose"},
                description = "Reports also start images, and each change of state.")
        boolean verbose;

        @Option(
                names = "--as-submitted",
                description = "Resumes with the workflow that the run was started with, even if the file has changed.")
        private boolean asSubmitted;

        @Option(
                names = "--keep-done",
                description = "Takes over an edited workflow file, but keeps steps that have succeeded as they are.")
        private boolean keepDone;

        @Option(
                names = "--from",
                paramLabel = "STEP",
                description = "Runs this step again, and all steps that depend on it; repeatable.")
        private Set<String> from = new LinkedHashSet<>();

        @Option(
                names = "--only",
                paramLabel = "STEP",
                description = "Runs this step of an ended run again, and nothing else; repeatable.")
        private Set<String> only = new LinkedHashSet<>();

        ResumeOptions in(ResumeOptions options) throws CliException {
            if (asSubmitted && keepDone) {
                throw new CliException(ExitCode.USAGE, "--as-submitted and --keep-done exclude each other");
            }
            ResumeOptions.Edits edits = asSubmitted
                    ? ResumeOptions.Edits.AS_SUBMITTED
                    : keepDone ? ResumeOptions.Edits.KEEP_DONE : ResumeOptions.Edits.RUN_AGAIN;
            if (!only.isEmpty() && !from.isEmpty()) {
                throw new CliException(ExitCode.USAGE, "--only and --from exclude each other");
            }
            return options.with(edits).from(from).only(only);
        }
    }

    Duration patience() throws CliException {
        return Durations.parse(wait)
                .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "--wait " + wait + ": not a duration such as 30s or 10m"));
    }
}
