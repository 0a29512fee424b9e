package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Rollback;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.SlurmRequest;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Work;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Lists all templates of a step except those of its environment and its matrix. */
final class StepTemplates {

    private StepTemplates() {}

    /** Includes the templates that come from {@code defaults}. */
    static List<Template> of(Step step, Settings defaults) {
        List<Template> all = new ArrayList<>();
        if (step.action().orElse(null) instanceof Work.Script script) {
            all.add(script.text());
        } else if (step.action().orElse(null) instanceof Work.Command command) {
            all.addAll(command.words());
        }
        all.addAll(step.outputs().values());
        all.addAll(step.artifacts());
        step.standardInput().ifPresent(all::add);
        step.cache().ifPresent(all::addAll);
        Settings settings = step.settings().over(defaults);
        settings.workingDirectory().ifPresent(all::add);
        settings.checkpoint().app().resumeRun().ifPresent(all::add);
        if (settings.rollback().orElse(null) instanceof Rollback.Tree tree) {
            all.addAll(tree.paths());
        }
        return all;
    }

    /** The templates of a step's limits (timeout, resources, slurm), which are computed anew for each try. */
    static List<Template> ofLimits(Step step, Settings defaults) {
        List<Template> all = new ArrayList<>();
        Settings settings = step.settings().over(defaults);
        settings.timeout().flatMap(Setting::computed).ifPresent(all::add);
        settings.placement().cpus().flatMap(Setting::computed).ifPresent(all::add);
        settings.placement().memoryBytes().flatMap(Setting::computed).ifPresent(all::add);
        settings.placement().slurm().ifPresent(slurm -> addSlurm(slurm, all));
        return all;
    }

    private static void addSlurm(SlurmRequest slurm, List<Template> all) {
        all.addAll(slurm.settings().values());
        all.addAll(slurm.options());
    }

    static Collection<Parameter> parameters(Step step) {
        if (step.action().orElse(null) instanceof Work.Part part) {
            return part.with().values();
        }
        return step.action().orElse(null) instanceof Work.Uses uses
                ? uses.with().values()
                : List.of();
    }
}
