package dev.cairn.run;

import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.CheckpointPlan;
import dev.cairn.workflow.plan.Placement;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.Policies;
import dev.cairn.workflow.plan.RetryPolicy;
import dev.cairn.workflow.plan.RollbackPlan;
import dev.cairn.workflow.plan.Surroundings;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Every;
import dev.cairn.workflow.spec.Setting;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The plan of a single command. */
final class CommandPlan {
    /** The step's id, which is also the name of its folder. */
    static final String STEP = "main";

    private CommandPlan() {}

    static Plan of(RunOrigin run, CommandOrigin command) {
        Plan bare = Plan.ofCommand(STEP, run.folder(), command.words(), policies(command));
        PlanStep step = bare.steps().get(0);
        PlanStep whole = new PlanStep(
                step.id(),
                step.name(),
                step.needs(),
                step.condition(),
                step.action(),
                step.matrix(),
                surroundings(command),
                step.products(),
                step.policies(),
                placement(command),
                step.use());
        return new Plan(
                run.name(),
                bare.folder(),
                bare.inputs(),
                List.of(whole),
                bare.onFailure(),
                bare.atEnd(),
                bare.concurrency(),
                bare.timeout(),
                bare.secrets(),
                bare.notifications());
    }

    private static Placement placement(CommandOrigin command) {
        Placement here = Placement.HERE;
        return new Placement(here.slurm(), here.cpus(), here.memoryBytes(), command.baselineCpu());
    }

    private static Surroundings surroundings(CommandOrigin command) {
        Map<String, Template> variables = new LinkedHashMap<>();
        command.environment().forEach((name, value) -> variables.put(name, Template.literal(value)));
        return new Surroundings(
                List.of(new EnvLayer(List.of(), variables)),
                Optional.empty(),
                command.stdin().map(Template::literal),
                List.of());
    }

    private static Policies policies(CommandOrigin command) {
        CheckpointPlan usual = CheckpointPlan.DEFAULT;
        CheckpointPlan checkpoint = new CheckpointPlan(
                command.engine(),
                usual.required(),
                every(command.everyMillis()),
                usual.meanTimeBetweenFailures(),
                usual.keep(),
                command.compression().orElse(usual.compression()),
                usual.minFreeBytes(),
                usual.beforeTimeout(),
                command.keepBinaries(),
                command.journalBytes(),
                command.ioUring(),
                usual.app());
        RetryPolicy never = RetryPolicy.NEVER;
        return new Policies(
                command.timeoutMillis().isPresent()
                        ? Optional.of(new Setting.Given<>(
                                Duration.ofMillis(command.timeoutMillis().getAsLong())))
                        : Optional.empty(),
                new RetryPolicy(command.retries(), never.when(), never.delay(), never.backoff(), never.maxDelay()),
                checkpoint,
                rollback(command),
                Optional.empty(),
                false,
                true);
    }

    private static RollbackPlan rollback(CommandOrigin command) {
        RollbackPlan usual = RollbackPlan.DEFAULT;
        return new RollbackPlan(
                usual.openFiles(),
                usual.products(),
                usual.runFolder(),
                command.rollback().stream().map(Template::literal).toList());
    }

    private static Every every(long millis) {
        if (millis == 0) {
            return new Every.Auto();
        }
        return millis < 0 ? new Every.OnRequest() : new Every.Interval(Duration.ofMillis(millis));
    }
}
