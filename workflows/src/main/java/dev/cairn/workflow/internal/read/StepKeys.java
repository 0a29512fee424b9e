package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The keys of a step. */
final class StepKeys {

    private static final String NAMES = "a name: letters, digits, _ and -";

    private static final String NO_CONTAINER =
            "not possible here: a step runs on the host itself. Start the container in"
                    + " \"run\" (podman run, apptainer exec) with checkpoint.engine none or app: what runs in it cannot be checkpointed";

    private static final Type<Named> ID_TYPE = Scalars.patterned(Scalars.name(), "^" + Step.ID + "$");
    private static final Field<Named> ID = optional(
            "id",
            ID_TYPE,
            "The name by which other steps refer to it: letters, digits, _ and -; step-1, step-2, ... if absent.");
    private static final Field<String> NAME = optional("name", Scalars.text(), "The name that people see.");
    private static final Field<List<Named>> NEEDS = optional(
            "needs",
            Composites.oneOrMore(ID_TYPE),
            "Ids of the steps that must have ended; the step above if not given, [] starts at once.");
    private static final Field<Condition> IF =
            optional("if", Scalars.condition(), "Runs the step only when this holds.");
    private static final Field<Work> RUN = optional(
            "run",
            Composites.either(
                    Composites.map(Scalars.template(), Work.Script::new),
                    Composites.map(
                            Composites.nonEmpty(Composites.listOf(Scalars.template()), "word, the program"),
                            Work.Command::new)),
            "A script; or, as a list, a program and its arguments without a shell.");
    private static final String AIRFLOW = "airflow";
    private static final String PART = "\\.ya?ml$";
    private static final Field<Named> USES = optional(
            "uses",
            Scalars.scalar(
                    "airflow, or a workflow file such as ./part.yaml",
                    Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("enum", List.of(AIRFLOW)),
                                    Keywords.of("type", "string", "pattern", PART))),
                    StepKeys::used),
            "Another workflow file, whose steps are run here; or something that Cairn does itself: airflow.");
    private static final Type<Map<String, Parameter>> INPUTS =
            Composites.mapOf(StrategyKeys.NAME, "a name of an input: letters, digits, _ and -", Composites.parameter());
    private static final Field<Node> WITH = optional(
            "with",
            Composites.type(
                    (node, problems) -> Optional.of(node),
                    definitions -> Keywords.of(
                            "anyOf", List.of(AirflowKeys.TYPE.schema(definitions), INPUTS.schema(definitions)))),
            "The inputs of the workflow file, or the parameters of airflow.");
    private static final Field<Work> APPROVAL = optional(
            "approval",
            Composites.map(
                    Scalars.template(),
                    question -> new Work.Uses("approval", Map.of("question", new Parameter.Computed(question)))),
            "A question; the step waits until a person decides (cairn approve).");
    private static final Field<Strategy> STRATEGY =
            optional("strategy", StrategyKeys.TYPE, "Runs the step once for every combination of values.");
    private static final Field<Map<String, Template>> OUTPUTS = optional(
            "outputs",
            Composites.mapOf(StrategyKeys.NAME, NAMES, Scalars.template()),
            "Files that the step makes, by name; others refer to them as steps.ID.outputs.NAME. $CAIRN_OUTPUT for a text.");
    private static final Field<List<Template>> ARTIFACTS =
            optional("artifacts", Composites.oneOrMore(Scalars.template()), "Further files and folders that it makes.");
    private static final Field<List<Template>> CACHE_FILES = optional(
            "files",
            Composites.oneOrMore(Scalars.template()),
            "Files, folders and patterns that the step reads beyond those that its expressions name.");
    private static final Field<Optional<List<Template>>> CACHE = optional(
            "cache",
            Composites.either(
                    Scalars.scalar("true, false, or {files: [...]}", Keywords.of("type", "boolean"), StepKeys::cache),
                    ObjectType.of(
                            "cache",
                            List.of(CACHE_FILES),
                            (fields, problems) ->
                                    Optional.of(fields.get(CACHE_FILES).orElse(List.of())))),
            "Takes the outputs of an earlier success with the same command, variables and input files, instead of running.");
    private static final Field<Boolean> CONTINUE_ON_ERROR =
            optional("continue_on_error", Scalars.bool(), "Whether the run can succeed although this step fails.");
    private static final Field<Boolean> MASK_SECRETS = optional(
            "mask_secrets", Scalars.bool(), "Whether its secrets are shown as *** in its log; true if not given.");
    private static final Field<Template> STDIN =
            optional("stdin", Scalars.template(), "A file for its standard input; nothing if not given.");

    static final ObjectType<Step> STEP = step(
                    "step",
                    List.of(
                            ID,
                            NAME,
                            NEEDS,
                            IF,
                            RUN,
                            USES,
                            WITH,
                            APPROVAL,
                            STRATEGY,
                            OUTPUTS,
                            ARTIFACTS,
                            CACHE,
                            CONTINUE_ON_ERROR,
                            MASK_SECRETS,
                            STDIN))
            .refusing(Map.of(
                    "notify", "not possible here: 'notify' at the top of the file covers all steps",
                    "container", NO_CONTAINER,
                    "image", NO_CONTAINER,
                    "docker", NO_CONTAINER));

    /** Hooks run once, one after the other, and no expression refers to them. */
    static final ObjectType<Step> HOOK = step(
                    "hook", List.of(ID, NAME, IF, RUN, USES, WITH, ARTIFACTS, CONTINUE_ON_ERROR, MASK_SECRETS, STDIN))
            .refusing(Map.of(
                    "needs", "not possible here: these steps run one after the other",
                    "strategy", "not possible here: these steps run once",
                    "cache", "not possible here: these steps leave no outputs",
                    "outputs", "not possible here: no step comes after these"));

    private StepKeys() {}

    private static ObjectType<Step> step(String name, List<Field<?>> own) {
        List<Field<?>> all = new ArrayList<>(own);
        all.addAll(SettingsKeys.ALL);
        List<Object> kinds = new ArrayList<>();
        kinds.add(Keywords.of("required", List.of("run")));
        kinds.add(Keywords.of(
                "required", List.of("uses", "with"), "properties", uses(Keywords.of("enum", List.of(AIRFLOW)))));
        if (own.contains(STRATEGY)) {
            kinds.add(Keywords.of("required", List.of("uses"), "properties", uses(Keywords.of("pattern", PART))));
        }
        if (own.contains(APPROVAL)) {
            kinds.add(Keywords.of("required", List.of("approval")));
        }
        return ObjectType.of(name, all, StepKeys::make).constrained(Keywords.of("oneOf", kinds));
    }

    private static Map<String, Object> uses(Map<String, Object> what) {
        return Keywords.of("uses", what);
    }

    private static Optional<Named> used(Node.Scalar scalar) {
        String text = scalar.text();
        boolean known = text.equals(AIRFLOW)
                || text.matches(".*\\.ya?ml") && text.chars().noneMatch(Character::isISOControl);
        return known && !text.contains("${{") ? Optional.of(new Named(text, scalar.place())) : Optional.empty();
    }

    private static boolean isPart(ReadFields fields) {
        return fields.get(USES).filter(it -> !it.text().equals(AIRFLOW)).isPresent();
    }

    /**
     * Rejects keys that a step with a workflow file cannot have, because it cannot change how that file's steps run.
     */
    private static void checkPart(ReadFields fields, Problems problems) {
        Stream.concat(Stream.of(OUTPUTS, ARTIFACTS, CACHE, MASK_SECRETS, STDIN), SettingsKeys.ALL.stream())
                .filter(fields::has)
                .forEach(field -> problems.add(
                        fields.place(field),
                        "not possible here: a step that uses a workflow file has no \"" + field.name()
                                + "\" of its own; write it in that file"));
    }

    private static Step make(ReadFields fields, Problems problems) {
        List<Field<?>> given =
                Stream.<Field<?>>of(RUN, USES, APPROVAL).filter(fields::has).toList();
        if (given.isEmpty()) {
            problems.add(fields.place(), "\"run\" (or \"uses\", \"approval\") is missing");
        } else if (given.size() > 1) {
            problems.add(
                    fields.place(given.get(1)), "a step has \"run\", \"uses\" or \"approval\", and only one of them");
        } else if (isPart(fields)) {
            checkPart(fields, problems);
        } else if (fields.has(USES) != fields.has(WITH)) {
            problems.add(
                    fields.has(WITH) ? fields.place(WITH) : fields.place(USES),
                    "\"uses\" and \"with\" belong together");
        }
        Map<String, Template> outputs = new LinkedHashMap<>(fields.get(OUTPUTS).orElse(Map.of()));
        Set<String> texts = outputs.entrySet().stream()
                .filter(output -> output.getValue().text().equals(Step.TEXT_OUTPUT))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        outputs.keySet().removeAll(texts);
        if (!texts.isEmpty() && !fields.has(RUN)) {
            problems.add(fields.place(OUTPUTS), "only a step with \"run\" writes to " + Step.TEXT_OUTPUT);
        }
        Optional<List<Template>> cache = fields.get(CACHE).flatMap(it -> it);
        if (cache.isPresent() && !isPart(fields)) {
            checkCache(fields, problems);
        }
        return new Step(
                fields.place(),
                fields.get(ID),
                fields.get(NAME),
                fields.get(NEEDS),
                fields.get(IF),
                work(fields, problems),
                fields.get(STRATEGY),
                outputs,
                texts,
                fields.get(ARTIFACTS).orElse(List.of()),
                fields.get(CONTINUE_ON_ERROR).orElse(false),
                cache,
                fields.get(MASK_SECRETS).orElse(true),
                fields.get(STDIN),
                SettingsKeys.settings(fields, problems));
    }

    private static Optional<Optional<List<Template>>> cache(Node.Scalar scalar) {
        return scalar.value() instanceof Value.Bool bool
                ? Optional.of(bool.on() ? Optional.of(List.of()) : Optional.empty())
                : Optional.empty();
    }

    /** An output of {@code cache} must have a name; otherwise it cannot be taken from an earlier success. */
    private static void checkCache(ReadFields fields, Problems problems) {
        if (!fields.has(RUN)) {
            problems.add(fields.place(CACHE), "only a step with \"run\" can have \"cache\"");
        } else if (!fields.has(OUTPUTS) && !fields.has(ARTIFACTS)) {
            problems.add(
                    fields.place(CACHE),
                    "needs \"outputs\" or \"artifacts\": they are what is taken over from an earlier success");
        }
    }

    private static Optional<Work> work(ReadFields fields, Problems problems) {
        return fields.get(RUN)
                .or(() -> fields.get(APPROVAL))
                .or(() -> fields.get(USES).map(what -> uses(what, fields, problems)));
    }

    private static Work uses(Named what, ReadFields fields, Problems problems) {
        boolean part = isPart(fields);
        Map<String, Parameter> with = fields.get(WITH)
                .flatMap(node -> (part ? INPUTS : AirflowKeys.TYPE).read(node, problems))
                .orElse(Map.of());
        return part ? new Work.Part(what, with) : new Work.Uses(what.text(), with);
    }
}
