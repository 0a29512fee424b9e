package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.RunOrNewest;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.RunJson;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cairn show}. */
@Command(name = "show", description = "Shows one run: its steps, their attempts and images.")
public final class ShowCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Mixin
    private RunOrNewest named;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    public ShowCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunManifest run = RunManifest.read(named.find(runs));
        if (json) {
            Json.print(composition.console().out(), RunJson.whole(run));
        } else {
            new RunText(composition.console().out()).print(run, runs.ownerOf(run.folder()), runs.steps(run));
        }
        return ExitCode.OK;
    }
}
