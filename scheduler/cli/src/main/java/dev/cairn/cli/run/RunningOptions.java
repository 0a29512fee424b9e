package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.workflow.value.Durations;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What commands have in common that go on with a run and may meet a changed step or an unseen host. */
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

    Duration patience() throws CliException {
        return Durations.parse(wait)
                .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "--wait " + wait + ": not a duration such as 30s or 10m"));
    }
}
