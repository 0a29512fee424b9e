package dev.cairn.cli.run;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.display.Table;
import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RejectedImage;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.UndoneFiles;
import dev.cairn.workflow.value.Sizes;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The text of a run: its steps, then the history of each. */
final class RunText {
    private final PrintStream out;

    RunText(PrintStream out) {
        this.out = out;
    }

    void print(RunManifest run, Optional<OwnerRecord> owner, List<StepManifest> steps) {
        out.println("run      " + run.id());
        run.origin().key().ifPresent(key -> out.println("key      " + key));
        run.origin().workflow().ifPresent(file -> out.println("workflow " + file));
        run.origin().command().ifPresent(command -> out.println("command  " + String.join(" ", command.words())));
        out.println("state    " + run.state().wire() + (run.message().isEmpty() ? "" : ": " + run.message()));
        out.println("started  " + HumanText.time(run.createdAt()));
        run.endedAt().ifPresent(at -> out.println("ended    " + HumanText.time(at)));
        owner.ifPresent(o -> out.println("owner    " + o.describe()
                + o.cannotWrite()
                        .map(failure -> ", " + HumanText.failure(failure))
                        .orElse("")));
        out.println("folder   " + run.folder().path());
        steps.forEach(step -> print(run, step));
    }

    private void print(RunManifest run, StepManifest step) {
        out.println();
        out.println("step " + run.label(step.stepId()) + ": " + step.state().wire()
                + (step.message().isEmpty() ? "" : ": " + step.message()));
        step.outputs().forEach((name, path) -> out.println("  output " + name + ": " + path));
        step.texts().forEach((name, text) -> out.println("  output " + name + " = " + text.replaceAll("\\R", " ")));
        step.attempts().forEach(attempt -> print(step, attempt));
        if (!step.images().isEmpty()) {
            printImages(step);
        }
    }

    private void print(StepManifest step, AttemptRecord attempt) {
        out.println("  attempt " + attempt.number() + "  " + HumanText.time(attempt.startedAt()) + "  on "
                + attempt.host().name() + "  " + beginning(attempt.resumedFrom()) + repeating(attempt.repeats()) + ", "
                + attempt.end().map(RunText::ending).orElse("not ended"));
        attempt.shortage().ifPresent(what -> out.println("    " + what));
        for (RejectedImage rejected : attempt.passed()) {
            out.println("    image " + rejected.image() + " rejected: " + rejected.reason());
        }
        UndoneFiles.shown(step.folder(), attempt.number())
                .ifPresent(undone -> out.println("    rolled back "
                        + UndoneFiles.text(undone.files(), undone.bytes())
                        + "; what was undone is in " + undone.path()));
    }

    private static String beginning(OptionalLong image) {
        return image.isPresent() && image.getAsLong() > 0 ? "from image " + image.getAsLong() : "from the beginning";
    }

    private static String repeating(Duration again) {
        return again.isZero() ? "" : " (up to " + HumanText.span(again) + " again)";
    }

    private static String ending(StepExit exit) {
        return "ran " + HumanText.span(exit.running()) + ": " + exit.cause().wire()
                + (exit.message().isEmpty() ? "" : ": " + exit.message());
    }

    private void printImages(StepManifest step) {
        Table table = new Table("  IMAGE", "TAKEN", "SIZE", "UNCOMPRESSED", "STOOD STILL", "REASON");
        for (ImageRecord image : step.images()) {
            table.row(
                    "  " + image.sequence(),
                    HumanText.time(image.at()),
                    Sizes.text(image.bytes()),
                    Sizes.text(image.rawBytes()),
                    HumanText.pause(image.pause()),
                    image.reason());
        }
        table.print(out);
    }
}
