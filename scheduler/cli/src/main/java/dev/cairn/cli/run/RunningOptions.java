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
            description = "Goes on from images although the step has changed since: their memory holds the old code.")
    boolean acceptChanged;

    @Option(names = "--assume-lost", description = "Takes attempts on hosts that cannot be seen from here for dead.")
    boolean assumeLost;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "0s",
            description =
                    "Waits this long for another runner that has the run; one that is stopping is waited for in any case.")
    private String wait = "0s";

    Duration patience() throws CliException {
        return Durations.parse(wait)
                .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "--wait " + wait + ": not a duration such as 30s or 10m"));
    }
}
