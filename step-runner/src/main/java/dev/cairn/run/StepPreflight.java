package dev.cairn.run;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.internal.environment.InheritedEnvironment;
import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.Use;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.resolve.NamedFiles;
import dev.cairn.workflow.resolve.ResolvedStep;
import dev.cairn.workflow.resolve.RunContext;
import dev.cairn.workflow.resolve.StepResolver;
import dev.cairn.workflow.resolve.StepResults;
import dev.cairn.workflow.spec.SecretSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds, before the first step starts, causes that would make a later step fail: a missing secret, a value that {@code
 * run} refuses, a missing program. Checks only steps that depend on no result of another. Confined to one thread.
 */
final class StepPreflight {
    private static final int MOST_INSTANCES = 1000;

    private static final StepResults NONE = id -> {
        throw new IllegalStateException("step " + id + " has no result yet");
    };

    private final Plan plan;
    private final Path file;
    private final boolean onThisHost;
    private final Map<String, String> environment;
    private final StepResolver resolver;
    private final Map<String, PlanStep> steps = new HashMap<>();
    private final Set<Problem> problems = new TreeSet<>();

    /**
     * @param file the workflow file
     * @param runs the folder in which the run's folder would be
     * @param onThisHost whether the run would be on this host; if not, secrets, programs and folders count as present
     */
    private StepPreflight(Plan plan, Path file, Path runs, boolean onThisHost, Map<String, String> runners) {
        this.plan = plan;
        this.file = file;
        this.onThisHost = onThisHost;
        this.environment = new HashMap<>(InheritedEnvironment.forAttempt(runners, InheritedEnvironment.kept(runners)));
        String id = plan.name() + "-20000101-000000-0000";
        NamedFiles files = read -> OrdinaryFile.readNamed(read, file);
        this.resolver = new StepResolver(
                plan,
                new RunContext(id, runs.resolve(id).resolve("work"), file),
                NONE,
                onThisHost ? environment : withSecrets(),
                onThisHost ? files : read -> isSecret(read) ? "x".getBytes(StandardCharsets.UTF_8) : files.read(read));
    }

    /** The reasons why this host cannot run the plan. */
    static List<Problem> onThisHost(Plan plan, Path file, Path runs, Map<String, String> environment) {
        return new StepPreflight(plan, file, runs, true, environment).problems();
    }

    /** The problems of the plan on any host. */
    static List<Problem> anywhere(Plan plan, Path file, Map<String, String> environment) {
        return new StepPreflight(
                        plan, file, plan.folder().resolve(CairnHome.FOLDER).resolve("runs"), false, environment)
                .problems();
    }

    private List<Problem> problems() {
        plan.steps().forEach(step -> steps.put(step.id(), step));
        Stream.of(plan.steps(), plan.onFailure(), plan.atEnd())
                .flatMap(List::stream)
                .filter(step -> !step.isEdgeOfPart() && isKnown(step))
                .forEach(step ->
                        step.matrix().instances().stream().limit(MOST_INSTANCES).forEach(it -> check(step, it)));
        return List.copyOf(problems);
    }

    /** Whether no part of the step depends on results of earlier steps. */
    private boolean isKnown(PlanStep step) {
        boolean mayComeYet = !step.needs().isEmpty() || !onThisHost;
        Set<String> asked = new HashSet<>();
        step.visit(expression -> {
            if (expression instanceof Expression.Reference reference
                            && reference.context().equals("steps")
                    || expression instanceof Expression.Call call
                            && call.function().readsFiles()) {
                asked.add("a result");
            }
        });
        boolean readsFiles = step.surroundings().environment().stream()
                .anyMatch(layer -> !layer.files().isEmpty());
        return asked.isEmpty()
                && !step.matrix().isOpen()
                && !(readsFiles && mayComeYet)
                && step.use()
                        .map(Use::entryId)
                        .map(steps::get)
                        .map(this::isKnown)
                        .orElse(true);
    }

    /** Whether the workflow file of the step runs, as far as is known here. */
    private boolean isEntered(PlanStep step, Instance instance) {
        return step.use().stream().flatMap(Use::all).allMatch(use -> {
            PlanStep entry = Objects.requireNonNull(steps.get(use.entryId()), use.entryId());
            return resolver.runs(entry, resolver.instanceOf(entry, step, instance), Upstream.WELL)
                            instanceof Result.Ok<Boolean> runs
                    && runs.value();
        });
    }

    private void check(PlanStep step, Instance instance) {
        if (!isEntered(step, instance)) {
            return;
        }
        Result<Boolean> wanted = resolver.runs(step, instance, Upstream.WELL);
        if (wanted instanceof Result.Ok<Boolean> runs && !runs.value()) {
            return;
        }
        Result<ResolvedStep> resolved = resolver.resolve(step, instance);
        problems.addAll(resolved.problems());
        boolean here = onThisHost && step.placement().slurm().isEmpty() && !(step.action() instanceof Action.Uses);
        if (here && resolved instanceof Result.Ok<ResolvedStep> ok) {
            checkProgram(step, ok.value());
            checkFolder(step, ok.value());
        }
    }

    private void checkProgram(PlanStep step, ResolvedStep resolved) {
        if (!step.surroundings().modules().isEmpty() || resolved.command().isEmpty()) {
            return; // a module may provide it
        }
        String program = resolved.command().get(0);
        String path = resolved.environment().getOrDefault("PATH", environment.getOrDefault("PATH", ""));
        if (!program.contains("/") && !program.isEmpty() && isNowhere(program, path)) {
            report(
                    step,
                    placeOfProgram(step),
                    "there is no program \"" + program + "\" in PATH; install it, or name it by its path if an earlier"
                            + " step makes it");
        }
    }

    private static boolean isNowhere(String program, String path) {
        return Stream.of(path.split(":"))
                .map(folder -> Path.of(folder.isEmpty() ? "." : folder).resolve(program))
                .noneMatch(candidate -> candidate.toFile().canExecute());
    }

    private static Optional<Place> placeOfProgram(PlanStep step) {
        if (step.action() instanceof Action.Command command) {
            return command.words().stream().findFirst().map(Template::place);
        }
        return step.action() instanceof Action.Script script
                ? Optional.of(script.text().place())
                : Optional.empty();
    }

    private void checkFolder(PlanStep step, ResolvedStep resolved) {
        if (!step.needs().isEmpty()) {
            return; // an earlier step may make it
        }
        Path folder = resolved.workingDirectory();
        Optional<Place> place = step.surroundings().workingDirectory().map(Template::place);
        if (folder.startsWith(plan.folder().resolve(CairnHome.FOLDER))) {
            return; // of the run
        }
        obstacle(folder, resolved).ifPresent(what -> report(step, place, what));
    }

    private static Optional<String> obstacle(Path folder, ResolvedStep resolved) {
        try {
            if (!Files.readAttributes(folder, BasicFileAttributes.class).isDirectory()) {
                return Optional.of(folder + " is no folder");
            }
        } catch (NoSuchFileException none) {
            return Optional.of("there is no folder " + folder);
        } catch (IOException e) {
            return Optional.of("the folder " + folder + " cannot be looked at: " + e.getMessage());
        }
        boolean written = resolved.outputs().values().stream().anyMatch(output -> folder.equals(output.getParent()));
        return written && !folder.toFile().canWrite()
                ? Optional.of("the folder " + folder + " cannot be written to, and the step has outputs there")
                : Optional.empty();
    }

    private void report(PlanStep step, Optional<Place> place, String message) {
        String where = step.use().map(Use::file).orElse(file).toString();
        problems.add(new Problem(where, place.orElse(Place.FILE), "step " + step.id() + ": " + message));
    }

    private Map<String, String> withSecrets() {
        Map<String, String> all = new HashMap<>(environment);
        secrets().forEach(secret -> {
            if (secret.source() instanceof SecretSource.Variable variable) {
                all.putIfAbsent(variable.name(), "x");
            }
        });
        return all;
    }

    private boolean isSecret(Path read) {
        return secrets()
                .anyMatch(secret -> secret.source() instanceof SecretSource.File named
                        && secret.folder().resolve(named.path()).equals(read));
    }

    /** @param folder the folder at which its path begins */
    private record Secret(SecretSource source, Path folder) {}

    private Stream<Secret> secrets() {
        Stream<Secret> own = plan.secrets().values().stream().map(source -> new Secret(source, plan.folder()));
        Stream<Secret> used = plan.steps().stream()
                .flatMap(step -> step.use().stream())
                .distinct()
                .flatMap(use -> use.secrets().values().stream().map(source -> new Secret(source, use.folder())));
        return Stream.concat(own, used);
    }
}
