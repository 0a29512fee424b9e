package dev.cairn.cli.run;

import picocli.CommandLine.Option;

/** What commands have in common that go on with a run and may meet a changed step or an unseen host. */
final class RunningOptions {
    @Option(
            names = "--accept-changed",
            description = "Goes on from images although the step has changed since: their memory holds the old code.")
    boolean acceptChanged;

    @Option(names = "--assume-lost", description = "Takes attempts on hosts that cannot be seen from here for dead.")
    boolean assumeLost;
}
