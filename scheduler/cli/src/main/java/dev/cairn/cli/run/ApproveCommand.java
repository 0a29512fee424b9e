package dev.cairn.cli.run;

import dev.cairn.approval.Approval;
import dev.cairn.approval.Approvals;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn approve}. */
@Command(name = "approve", description = "Approves a step that waits for approval, or rejects it.")
public final class ApproveCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id or a key.")
    private String name;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "STEP",
            description = "The step; may be left out if only one waits.")
    private @Nullable String step;

    @Option(names = "--reject", description = "The step fails.")
    private boolean reject;

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "Why; kept with the run.")
    private String message = "";

    public ApproveCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        Approval.Decision decision = new Approval.Decision(
                !reject, System.getProperty("user.name"), composition.clock().instant(), message.strip());
        String id = Approvals.decide(run, Optional.ofNullable(step), decision);
        composition.console().say("cairn: step " + run.label(id) + ": " + decision.words());
        if (run.state() != RunState.RUNNING || runs.ownerOf(run.folder()).isEmpty()) {
            composition.console().say("cairn: this run has no runner now; resume it with: " + runs.line("resume", run));
        }
        return ExitCode.OK;
    }
}
