package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;
import static dev.cairn.workflow.internal.read.Field.required;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Concurrency;
import dev.cairn.workflow.spec.Input;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.SecretSource;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Workflow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys at the top of a workflow file. */
final class WorkflowKeys {

    private static final String VARIABLE = "[A-Za-z_][A-Za-z0-9_]*";

    private static final Field<String> NAME =
            optional("name", Scalars.text(), "The workflow's name for people; the file's name if absent.");
    private static final Field<Map<String, Input>> INPUTS = optional(
            "inputs",
            Composites.mapOf(StrategyKeys.NAME, "a name: letters, digits, _ and -", InputKeys.TYPE),
            "What a run is started with.");
    private static final Field<List<Schedule>> SCHEDULE =
            optional("schedule", Composites.oneOrMore(ScheduleKeys.TYPE), "When it starts by itself.");

    private static final Field<Integer> LIMIT =
            optional("limit", Scalars.integer(1, 1000), "How many runs at a time; 1 if not given.");
    private static final Field<Concurrency.Overlap> ON_OVERLAP = optional(
            "on_overlap",
            Scalars.oneOf(Concurrency.Overlap.class),
            "What happens to a run that would be one too many; queue if not given.");
    private static final Field<Concurrency> CONCURRENCY = optional(
            "concurrency",
            ObjectType.of(
                    "concurrency",
                    List.of(LIMIT, ON_OVERLAP),
                    (fields, problems) -> new Concurrency(
                            fields.get(LIMIT).orElse(1), fields.get(ON_OVERLAP).orElse(Concurrency.Overlap.QUEUE))),
            "How many runs of this workflow there may be at a time.");

    private static final Field<Duration> TIMEOUT = optional(
            "timeout",
            Composites.positive(Scalars.duration()),
            "How long a run may take in all; then it is ended, and has failed.");

    private static final Field<Map<String, SecretSource>> SECRETS = optional(
            "secrets",
            Composites.mapOf(VARIABLE, "a name: letters, digits and _", SecretKeys.TYPE),
            "Secret values for env, as ${{ secrets.NAME }}; Cairn never stores them.");

    private static final Field<Settings> DEFAULTS =
            optional("defaults", SettingsKeys.DEFAULTS, "Settings of every step that does not set its own.");
    private static final Field<List<Step>> STEPS =
            required("steps", Composites.nonEmpty(Composites.listOf(StepKeys.STEP), "step"), "What is done.");
    private static final Field<List<Step>> ON_FAILURE =
            optional("on_failure", Composites.listOf(StepKeys.HOOK), "Steps for when the run has failed.");
    private static final Field<List<Step>> FINALLY =
            optional("finally", Composites.listOf(StepKeys.HOOK), "Steps for the end, whatever happened.");

    private static final Field<List<Notification>> NOTIFY = optional(
            "notify",
            Composites.oneOrMore(NotifyKeys.TYPE),
            "The receivers of notifications about a run and its steps.");

    private static final Field<Map<String, Template>> OUTPUTS = optional(
            "outputs",
            Composites.mapOf(StrategyKeys.NAME, "a name: letters, digits, _ and -", Scalars.template()),
            "What a step that uses this file has as its outputs, such as ${{ steps.ID.outputs.NAME }}.");

    private WorkflowKeys() {}

    static ObjectType<Workflow> type(Path file) {
        List<Field<?>> all = new ArrayList<>(List.of(NAME, INPUTS, SECRETS, SCHEDULE, CONCURRENCY, TIMEOUT));
        all.addAll(SettingsKeys.ENVIRONMENT);
        all.addAll(List.of(DEFAULTS, STEPS, OUTPUTS, ON_FAILURE, FINALLY, NOTIFY));
        return ObjectType.of("workflow", all, (fields, problems) -> workflow(file, fields))
                .extensible();
    }

    private static Workflow workflow(Path file, ReadFields fields) {
        return new Workflow(
                fields.get(NAME).orElseGet(() -> nameOf(file)),
                file,
                fields.get(INPUTS).orElse(Map.of()),
                fields.get(SCHEDULE).orElse(List.of()),
                fields.get(CONCURRENCY),
                fields.get(TIMEOUT),
                fields.get(SECRETS).orElse(Map.of()),
                SettingsKeys.environment(fields),
                fields.get(DEFAULTS).orElse(Settings.NONE),
                fields.get(STEPS).orElse(List.of()),
                fields.get(ON_FAILURE).orElse(List.of()),
                fields.get(FINALLY).orElse(List.of()),
                fields.get(NOTIFY).orElse(List.of()),
                fields.get(OUTPUTS).orElse(Map.of()),
                Map.of());
    }

    private static String nameOf(Path file) {
        return Optional.ofNullable(file.getFileName())
                .map(Path::toString)
                .orElse("workflow")
                .replaceFirst("\\.ya?ml$", "");
    }
}
