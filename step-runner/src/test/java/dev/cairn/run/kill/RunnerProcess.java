package dev.cairn.run.kill;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.run.OpenResult;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.home.CairnHome;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Runs or resumes a workflow file in a process that can be killed. */
final class RunnerProcess {
    private RunnerProcess() {}

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        Map<String, Checkpointer> engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        StepRunner runner =
                new StepRunner(CairnHome.findOrCreate(file.toAbsolutePath().getParent(), Map.of()), engines);
        OpenResult opening = runner.run(WorkflowRequest.of(file).withKey("kill"));
        if (opening instanceof OpenResult.Ready ready) {
            RunOutcome outcome = ready.session().run(event -> System.out.println(event));
            System.out.println(outcome);
            System.exit(outcome.state().isFinal() ? 0 : 75);
        }
        System.out.println(opening);
        System.exit(opening instanceof OpenResult.Done ? 0 : 2);
    }
}
