package dev.cairn.examples;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.run.CheckpointedCommand;
import dev.cairn.run.OpenResult;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Counts in the given folder. Killed and started again, it goes on from the last checkpoint. */
public final class Embedding {
    private Embedding() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        var engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        var runner = new StepRunner(CairnHome.findOrCreate(folder, System.getenv()), engines);
        var count = CheckpointedCommand.of("python3", "count.py", "40")
                .in(folder)
                .named("count")
                .every(Duration.ofSeconds(1));
        if (runner.exec(count) instanceof OpenResult.Ready ready) {
            try (var session = ready.session()) {
                System.out.println(session.run(event -> System.out.println(event)));
            }
        }
    }
}
