package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Checkpoint;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Placement;
import dev.cairn.workflow.spec.Retry;
import dev.cairn.workflow.spec.RetryCause;
import dev.cairn.workflow.spec.Rollback;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.Shell;
import dev.cairn.workflow.spec.SlurmRequest;
import dev.cairn.yaml.Node;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys that steps and {@code defaults} have in common. */
final class SettingsKeys {

    private static final Field<Map<String, Template>> ENV = optional(
            "env",
            Composites.mapOf(
                    "(?!CAIRN_)[A-Za-z_][A-Za-z0-9_]*",
                    "a name for a variable: letters, digits and _, not beginning with a digit or CAIRN_",
                    Scalars.template()),
            "Environment variables.");
    private static final Field<List<Template>> ENV_FILE = optional(
            "env_file", Composites.oneOrMore(Scalars.template()), "Files of NAME=VALUE lines, read before env.");
    private static final Field<Template> WORKING_DIRECTORY = optional(
            "working_directory", Scalars.template(), "Where the step starts; relative to the workflow's folder.");
    private static final Field<Shell> SHELL = optional(
            "shell",
            Scalars.scalar(
                    "bash, sh, python, or a command with " + Shell.SCRIPT + " as one of its words",
                    Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("enum", List.of("bash", "sh", "python")),
                                    Keywords.of("type", "string", "pattern", "^(.*\\s)?\\{script\\}(\\s.*)?$"))),
                    SettingsKeys::shell),
            "The interpreter of the run script: bash, sh, python, or a command with {script} in it.");
    private static final Field<List<String>> MODULES =
            optional("modules", Composites.oneOrMore(Scalars.text()), "Environment modules to load before the step.");
    private static final Field<Setting<Duration>> TIMEOUT = optional(
            "timeout",
            Scalars.computed(Composites.positive(Scalars.duration())),
            "How long the step may run in all, over its attempts that continue one another.");

    private static final Field<Integer> MAX =
            optional("max", Scalars.integer(0, 1000), "How often at most, after the first try.");
    private static final Field<List<RetryCause>> WHEN =
            optional("when", Composites.oneOrMore(Scalars.oneOf(RetryCause.class)), "After which ends.");
    private static final Field<Duration> DELAY =
            optional("delay", Scalars.duration(), "How long to wait before the first retry.");
    private static final Field<Double> BACKOFF =
            optional("backoff", Scalars.number(1, 100), "By how much each delay is longer than the one before.");
    private static final Field<Duration> MAX_DELAY = optional("max_delay", Scalars.duration(), "No delay is longer.");
    private static final Field<Retry> RETRY = optional(
            "retry",
            Composites.either(
                    Composites.map(
                            Scalars.integer(0, 1000),
                            max -> new Retry(
                                    Optional.of(max),
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.empty())),
                    ObjectType.of("retry", List.of(MAX, WHEN, DELAY, BACKOFF, MAX_DELAY), SettingsKeys::retry)),
            "How often a step that fails is tried again: a number, or a mapping.");

    private static final Field<Checkpoint> CHECKPOINT =
            optional("checkpoint", CheckpointKeys.TYPE, "When and how the step is checkpointed.");

    private static final Field<List<Template>> TREE = Field.required(
            "tree", Composites.oneOrMore(Scalars.template()), "Files and folders that go back with the step.");
    private static final Field<Rollback> ROLLBACK = optional(
            "rollback",
            Composites.either(
                    Composites.map(Scalars.oneOf("open", "tree", "none"), SettingsKeys::rollback),
                    ObjectType.of(
                            "rollback",
                            List.of(TREE),
                            (fields, problems) ->
                                    new Rollback.Tree(fields.get(TREE).orElse(List.of())))),
            "Which files go back with the step: open, tree (the working directory), none, or a list of paths.");

    private static final Field<Boolean> RUNS_ON =
            optional("runs_on", Scalars.oneOf("local", false, "slurm", true), "Where the step runs: local or slurm.");
    private static final Field<SlurmRequest> SLURM =
            optional("slurm", SlurmKeys.TYPE, "The Slurm request of a step with runs_on: slurm.");
    private static final Field<Setting<Double>> CPUS =
            optional("cpus", Scalars.computed(Scalars.number(0, 4096)), "How many CPUs the step keeps busy.");
    private static final Field<Setting<Long>> MEMORY =
            optional("memory", Scalars.computed(Scalars.size()), "How much memory the step needs.");
    private static final Field<Resources> RESOURCES = optional(
            "resources",
            ObjectType.of(
                    "resources",
                    List.of(CPUS, MEMORY),
                    (fields, problems) -> new Resources(fields.get(CPUS), fields.get(MEMORY))),
            "What a local step takes; it starts when so much is free.");
    private static final Field<Boolean> CPU = optional(
            "cpu",
            Scalars.oneOf("native", false, "baseline", true),
            "baseline holds libraries to x86-64-v2, so that images fit other machines of a mixed cluster.");

    static final List<Field<?>> ALL = List.of(
            ENV,
            ENV_FILE,
            WORKING_DIRECTORY,
            SHELL,
            MODULES,
            TIMEOUT,
            RETRY,
            CHECKPOINT,
            ROLLBACK,
            RUNS_ON,
            SLURM,
            RESOURCES,
            CPU);

    /** Only the environment, as at the top of the file. */
    static final List<Field<?>> ENVIRONMENT = List.of(ENV, ENV_FILE);

    static final ObjectType<Settings> DEFAULTS = ObjectType.of("defaults", ALL, SettingsKeys::settings);

    private record Resources(Optional<Setting<Double>> cpus, Optional<Setting<Long>> memoryBytes) {}

    private SettingsKeys() {}

    static EnvLayer environment(ReadFields fields) {
        return new EnvLayer(
                fields.get(ENV_FILE).orElse(List.of()), fields.get(ENV).orElse(Map.of()));
    }

    static Settings settings(ReadFields fields, Problems problems) {
        return new Settings(
                environment(fields),
                fields.get(WORKING_DIRECTORY),
                fields.get(SHELL),
                fields.get(MODULES),
                fields.get(TIMEOUT),
                fields.get(RETRY).orElse(Retry.NONE),
                fields.get(CHECKPOINT).orElse(Checkpoint.NONE),
                fields.get(ROLLBACK),
                new Placement(
                        fields.place(),
                        fields.get(RUNS_ON),
                        fields.get(SLURM),
                        fields.get(RESOURCES).flatMap(Resources::cpus),
                        fields.get(RESOURCES).flatMap(Resources::memoryBytes),
                        fields.get(CPU)));
    }

    private static Retry retry(ReadFields fields, Problems problems) {
        return new Retry(
                fields.get(MAX),
                fields.get(WHEN).map(Set::copyOf),
                fields.get(DELAY),
                fields.get(BACKOFF),
                fields.get(MAX_DELAY));
    }

    private static Rollback rollback(String word) {
        return switch (word) {
            case "open" -> new Rollback.Open();
            case "tree" -> new Rollback.Tree(List.of());
            default -> new Rollback.None();
        };
    }

    private static Optional<Shell> shell(Node.Scalar scalar) {
        return switch (scalar.text()) {
            case "bash" -> Optional.of(Shell.BASH);
            case "sh" -> Optional.of(Shell.SH);
            case "python" -> Optional.of(Shell.PYTHON);
            default -> {
                List<String> words = Arrays.asList(scalar.text().strip().split("\\s+"));
                yield words.contains(Shell.SCRIPT) ? Optional.of(new Shell(words)) : Optional.empty();
            }
        };
    }
}
