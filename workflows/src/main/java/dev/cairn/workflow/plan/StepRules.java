package dev.cairn.workflow.plan;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Checkpoint;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.value.Durations;
import java.time.Duration;

/** Rules between the keys of one step. Stateless; any thread. */
public final class StepRules {

    /** The kernel's limit for one argument is 128 KiB (MAX_ARG_STRLEN). */
    private static final int LONGEST_SCRIPT = 120_000;

    private StepRules() {}

    static void check(Step step, Settings defaults, Problems problems) {
        Settings own = step.settings();
        Settings settings = own.over(defaults);
        checkpoint(step, own, settings, problems);
        boolean onSlurm = settings.placement().onSlurm().orElse(false);
        if (own.placement().slurm().isPresent() && !onSlurm) {
            problems.add(step.place(), "\"slurm\" has no effect without \"runs_on: slurm\"");
        }
        if (step.action().orElse(null) instanceof Work.Command && own.shell().isPresent()) {
            problems.add(step.place(), "\"shell\" has no effect: a \"run\" that is a list is started without one");
        }
        if (step.action().orElse(null) instanceof Work.Command command) {
            command.words().stream()
                    .limit(1)
                    .filter(word -> word.text().isEmpty())
                    .forEach(program ->
                            problems.add(program.place(), "the first word is the program to start, and it is empty"));
        }
        if (step.action().orElse(null) instanceof Work.Script script
                && script.text().text().length() > LONGEST_SCRIPT) {
            problems.add(
                    script.text().place(),
                    "longer than " + LONGEST_SCRIPT
                            + " characters, which a command line does not hold; put it in a file");
        }
    }

    /** The problem of a {@code before_timeout} that is not shorter than the timeout. */
    public static String notBefore(Duration timeout) {
        return "\"before_timeout\" must be shorter than the timeout of " + Durations.format(timeout);
    }

    private static void checkpoint(Step step, Settings own, Settings settings, Problems problems) {
        Checkpoint checkpoint = settings.checkpoint();
        Place place = own.checkpoint().place().orElse(step.place());
        boolean app = checkpoint.engine().filter("app"::equals).isPresent();
        if (!own.checkpoint().app().isEmpty() && !app) {
            problems.add(place, "signal, files, resume_run and settle have no effect without \"engine: app\"");
        }
        if (app && checkpoint.app().files().filter(files -> !files.isEmpty()).isEmpty()) {
            problems.add(place, "\"engine: app\" needs \"files\": what the program saves itself to");
        }
        own.checkpoint().beforeTimeout().ifPresent(before -> {
            if (settings.timeout().isEmpty()) {
                problems.add(place, "\"before_timeout\" has no effect without a \"timeout\"");
            }
            settings.timeout()
                    .flatMap(Setting::known)
                    .filter(timeout -> before.compareTo(timeout) >= 0)
                    .ifPresent(timeout -> problems.add(place, notBefore(timeout)));
        });
    }
}
