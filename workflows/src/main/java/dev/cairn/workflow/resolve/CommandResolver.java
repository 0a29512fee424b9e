package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.CheckpointPlan;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.RollbackPlan;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Shell;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Resolves the templates of one instance to a command, and collects the problems. */
final class CommandResolver {

    private static final Path NOTHING = Path.of("/dev/null");
    private static final Template.Insertion INTO_SCRIPT = new ScriptInsertion();

    private final Plan plan;
    private final RunContext run;
    private final PlanStep step;
    private final Instance instance;
    private final StepContext context;
    private final ResolvedEnvironment environment;
    private final Problems problems;

    CommandResolver(
            Plan plan,
            RunContext run,
            PlanStep step,
            Instance instance,
            StepContext context,
            ResolvedEnvironment environment,
            Problems problems) {
        this.plan = plan;
        this.run = run;
        this.step = step;
        this.instance = instance;
        this.context = context;
        this.environment = environment;
        this.problems = problems;
    }

    Result<ResolvedStep> resolve() {
        Path directory = step.surroundings()
                .workingDirectory()
                .map(template -> path(template, plan.folder()))
                .orElse(plan.folder());
        Map<String, Path> outputs = new LinkedHashMap<>();
        step.products().outputs().forEach((name, template) -> outputs.put(name, path(template, directory)));
        List<Path> artifacts = paths(step.products().artifacts(), directory);
        Path input = step.surroundings()
                .standardInput()
                .map(template -> path(template, directory))
                .orElse(NOTHING);
        List<String> bare = command();
        List<String> command = ModuleLoader.before(bare, step.surroundings().modules());
        return problems.result(new ResolvedStep(
                command,
                resumeCommand(),
                environment.variables(),
                environment.secrets(),
                step.policies().maskSecrets() ? environment.secretValues() : Set.of(),
                directory,
                input,
                outputs,
                artifacts,
                step.policies().cache().map(declared -> reads(declared, directory, outputs, artifacts)),
                trees(directory, outputs, artifacts),
                new StepIdentity(ingredients(bare), ScriptFiles.in(bare, directory, outputs.values()))));
    }

    private List<String> command() {
        if (step.action() instanceof Action.Script script) {
            return script(script.text(), script.shell());
        }
        if (step.action() instanceof Action.Command program) {
            List<String> words = new ArrayList<>();
            program.words().forEach(word -> words.addAll(words(word)));
            return words;
        }
        return step.action() instanceof Action.Uses uses ? List.of(uses.what()) : List.of();
    }

    private List<String> script(Template text, Shell shell) {
        return shell.command(text(text, INTO_SCRIPT));
    }

    private Optional<List<String>> resumeCommand() {
        Shell shell = step.action() instanceof Action.Script script ? script.shell() : Shell.BASH;
        return step.policies()
                .checkpoint()
                .app()
                .flatMap(CheckpointPlan.App::resumeRun)
                .map(template -> ModuleLoader.before(
                        script(template, shell), step.surroundings().modules()));
    }

    /** A word that is only a list becomes one word per element. */
    private List<String> words(Template word) {
        try {
            Value value = word.value(context);
            return value instanceof Value.Items items
                    ? items.items().stream().map(Value::text).toList()
                    : List.of(value.text());
        } catch (ExpressionException e) {
            problems.add(word.place().at(e.position()), e.reason());
            return List.of();
        }
    }

    private List<Path> trees(Path directory, Map<String, Path> outputs, List<Path> artifacts) {
        RollbackPlan rollback = step.policies().rollback();
        List<Path> trees = new ArrayList<>();
        if (rollback.products()) {
            trees.addAll(outputs.values());
            trees.addAll(artifacts);
        }
        if (rollback.runFolder()) {
            trees.add(run.folder());
        }
        trees.addAll(paths(rollback.trees(), directory));
        return trees.stream().distinct().toList();
    }

    private List<Path> reads(List<Template> declared, Path directory, Map<String, Path> outputs, List<Path> artifacts) {
        List<Path> made = new ArrayList<>(outputs.values());
        made.addAll(artifacts);
        InputFiles files = new InputFiles(step, context, directory, made);
        for (Template template : declared) {
            try {
                files.add(text(template, Template.Insertion.AS_IS));
            } catch (IOException | InvalidPathException e) {
                problems.add(template.place(), "cannot be read: " + e.getMessage());
            }
        }
        return files.found();
    }

    private SortedMap<String, String> ingredients(List<String> command) {
        SortedMap<String, String> ingredients = new TreeMap<>();
        for (int i = 0; i < command.size(); i++) {
            ingredients.put(String.format("command.%05d", i), command.get(i));
        }
        ingredients.put("modules", String.join(" ", step.surroundings().modules()));
        environment
                .variables()
                .forEach((name, value) ->
                        ingredients.put("env." + name, environment.secrets().contains(name) ? "(secret)" : value));
        context.inputs().forEach((name, value) -> ingredients.put("inputs." + name, value.text()));
        instance.values().forEach((name, value) -> ingredients.put("matrix." + name, value.text()));
        ingredients.put("engine", step.policies().checkpoint().engine());
        if (step.placement().baselineCpu()) {
            ingredients.put("cpu", "baseline");
        }
        return ingredients;
    }

    private List<Path> paths(List<Template> templates, Path folder) {
        return templates.stream().map(template -> path(template, folder)).toList();
    }

    private Path path(Template template, Path folder) {
        String text = text(template, Template.Insertion.AS_IS);
        try {
            return folder.resolve(text).normalize();
        } catch (InvalidPathException e) {
            problems.add(template.place(), "\"" + text + "\" cannot be a path: " + e.getReason());
            return folder;
        }
    }

    private String text(Template template, Template.Insertion insertion) {
        try {
            return template.render(context, insertion);
        } catch (ExpressionException e) {
            problems.add(template.place().at(e.position()), e.reason());
            return "";
        }
    }
}
