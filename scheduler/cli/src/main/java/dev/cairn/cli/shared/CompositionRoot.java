package dev.cairn.cli.shared;

import dev.cairn.airflow.asset.AssetEvents;
import dev.cairn.airflow.config.AirflowConnections;
import dev.cairn.airflow.step.AirflowAction;
import dev.cairn.approval.ApprovalAction;
import dev.cairn.cli.display.Colors;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.notify.Deliveries;
import dev.cairn.run.notify.Delivery;
import dev.cairn.schedule.store.StateFolder;
import dev.cairn.webhook.Webhooks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Creates the implementations and connects them, when a command first needs them. */
public final class CompositionRoot implements Runs.Surroundings {
    /** How long the end of a run waits for its notifications. */
    private static final Duration PATIENCE_AT_END = Duration.ofSeconds(3);

    private final Console console;
    private final GlobalOptions options;

    public CompositionRoot(Console console, GlobalOptions options) {
        this.console = console;
        this.options = options;
    }

    @Override
    public Console console() {
        return console;
    }

    public Clock clock() {
        return Clock.systemDefaultZone();
    }

    /** The colours for text on stderr. */
    public Colors paint() {
        return new Colors(options.colored(Console.stderrIsTerminal(), console.environment()));
    }

    public WorkflowFiles workflowFiles() {
        return new WorkflowFiles(console, clock());
    }

    public List<Checkpointer> engines() throws EngineException {
        return SupervisedEngines.all();
    }

    /** The runs of the home that applies in the current folder. */
    public Runs runs() throws CliException, IOException {
        CairnHome home = homeOf(console.workingDirectory())
                .orElseThrow(() -> new CliException(
                        ExitCode.NOT_FOUND,
                        "no runs here: there is no .cairn in " + console.workingDirectory()
                                + " or above it. Go to where it was started, or name it: --home DIR"));
        return new Runs(home, this);
    }

    /** The runs of the home to which a workflow file belongs. Creates the home if there is none. */
    public Runs runsOf(Path workflow) throws CliException, IOException {
        Path folder = Optional.ofNullable(workflow.getParent()).orElse(workflow);
        Path otherwise = folder.startsWith(console.workingDirectory()) ? console.workingDirectory() : folder;
        Optional<CairnHome> found = homeOf(folder);
        return new Runs(
                found.isPresent()
                        ? found.get()
                        : CairnHome.at(otherwise.resolve(CairnHome.FOLDER)).created(),
                this);
    }

    /** The runs of the home for this folder. Creates the home if there is none. */
    public Runs runsHere() throws IOException {
        Optional<CairnHome> found = homeOf(console.workingDirectory());
        return new Runs(
                found.isPresent()
                        ? found.get()
                        : CairnHome.at(console.workingDirectory().resolve(CairnHome.FOLDER))
                                .created(),
                this);
    }

    @Override
    public boolean isFoundFromHere(CairnHome home) {
        try {
            return CairnHome.find(console.workingDirectory(), console.environment(), skipped -> {})
                    .filter(home::equals)
                    .isPresent();
        } catch (IOException cannotTell) {
            return false;
        }
    }

    /** The home that applies in the current folder, if there is one. */
    public Optional<CairnHome> homeHere() throws IOException {
        return homeOf(console.workingDirectory());
    }

    public StateFolder stateFolder() {
        return StateFolder.of(console.environment());
    }

    public Optional<CairnHome> givenHome() throws IOException {
        return options.home == null ? Optional.empty() : Optional.of(CairnHome.at(console.resolve(options.home)));
    }

    /** The home given by option, else the one found from a folder. */
    private Optional<CairnHome> homeOf(Path folder) throws IOException {
        Optional<CairnHome> given = givenHome();
        return given.isPresent()
                ? given
                : CairnHome.find(folder, console.environment(), skipped -> console.say("cairn: " + skipped));
    }

    /** The Airflow connections that are named in a home and in the environment. */
    public AirflowConnections airflow(CairnHome home) {
        return new AirflowConnections(home.path(), console.environment());
    }

    /** The same for the home that applies here, which need not exist. */
    public AirflowConnections airflow() throws IOException {
        Optional<CairnHome> found = homeOf(console.workingDirectory());
        return new AirflowConnections(
                found.map(CairnHome::path)
                        .orElseGet(() -> console.workingDirectory().resolve(CairnHome.FOLDER)),
                console.environment());
    }

    @Override
    public StepRunner runner(CairnHome home) throws EngineException, IOException {
        return runner(home, answer -> {});
    }

    /** @param heard receives the result of each delivery, in any thread */
    public StepRunner runner(CairnHome home, Consumer<Delivery.Answer> heard) throws EngineException, IOException {
        Map<String, Checkpointer> byName = new LinkedHashMap<>();
        engines().forEach(engine -> byName.put(engine.name(), engine));
        Map<String, Checkpointer> actions = Map.of(
                AirflowAction.NAME,
                new AirflowAction(airflow(home), clock()),
                ApprovalAction.NAME,
                new ApprovalAction(clock()));
        return new StepRunner(home, byName, actions, clock(), console.environment())
                .submittingAs(SelfCommand.words())
                .telling(deliveries(home).heardBy(heard));
    }

    private Deliveries deliveries(CairnHome home) {
        return new Deliveries(
                new Webhooks(console.environment(), clock()), new AssetEvents(airflow(home), clock()), PATIENCE_AT_END);
    }
}
