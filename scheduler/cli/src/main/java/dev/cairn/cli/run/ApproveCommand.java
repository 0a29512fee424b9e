package dev.cairn.cli.run;

import dev.cairn.approval.Approval;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
        if (run.state().isFinal()) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "run " + run.id() + " has ended already: " + run.state().wire());
        }
        Map<String, Approval> waiting = waiting(runs, run);
        String id = step == null ? theOnly(run, waiting) : runs.stepId(run, step);
        Approval approval = waiting.get(id);
        if (approval == null) {
            throw new CliException(ExitCode.UNAVAILABLE, "step " + run.label(id) + " does not wait for approval");
        }
        Approval.Decision decision = new Approval.Decision(
                !reject, System.getProperty("user.name"), composition.clock().instant(), message.strip());
        approval.decide(decision);
        composition.console().say("cairn: step " + run.label(id) + ": " + decision.words());
        if (run.state() != RunState.RUNNING || runs.ownerOf(run.folder()).isEmpty()) {
            composition.console().say("cairn: nobody runs this run now; resume it with: " + runs.line("resume", run));
        }
        return ExitCode.OK;
    }

    /** The steps on which nobody has decided, by id. */
    private static Map<String, Approval> waiting(Runs runs, RunManifest run) throws IOException {
        Map<String, Approval> waiting = new LinkedHashMap<>();
        for (StepManifest manifest : runs.steps(run)) {
            List<AttemptRecord> attempts = manifest.attempts();
            if (!manifest.state().isFinal() && !attempts.isEmpty()) {
                int newest = attempts.get(attempts.size() - 1).number();
                Optional<Approval> approval = Approval.read(manifest.folder().attempt(newest));
                approval.filter(it -> it.decision().isEmpty()).ifPresent(it -> waiting.put(manifest.stepId(), it));
            }
        }
        return waiting;
    }

    private static String theOnly(RunManifest run, Map<String, Approval> waiting) throws CliException {
        if (waiting.size() == 1) {
            return waiting.keySet().iterator().next();
        }
        throw new CliException(
                waiting.isEmpty() ? ExitCode.UNAVAILABLE : ExitCode.USAGE,
                waiting.isEmpty()
                        ? "no step of run " + run.id() + " waits for approval"
                        : "these steps wait; name one: "
                                + waiting.keySet().stream().map(run::label).collect(Collectors.joining(", ")));
    }
}
