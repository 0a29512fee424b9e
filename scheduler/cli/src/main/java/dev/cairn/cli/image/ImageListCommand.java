package dev.cairn.cli.image;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn image ls}. */
@Command(name = "ls", description = "Lists the images of a run.")
final class ImageListCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Parameters(index = "1", arity = "0..1", paramLabel = "STEP", description = "Only this step.")
    private @Nullable String step;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    ImageListCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        List<StepManifest> steps = new ArrayList<>();
        for (StepFolder folder : runs.stepFolders(run, Optional.ofNullable(step))) {
            StepManifest.read(folder).ifPresent(steps::add);
        }
        if (json) {
            printJson(steps);
        } else {
            print(steps);
        }
        return ExitCode.OK;
    }

    private void printJson(List<StepManifest> steps) {
        List<JsonObject> images = steps.stream()
                .flatMap(s -> s.images().stream().map(image -> RunJson.imageOf(s, image)))
                .toList();
        Json.print(composition.console().out(), new JsonObject().put("images", images));
    }

    private void print(List<StepManifest> steps) {
        Table table = new Table("IMAGE", "TAKEN", "SIZE", "UNCOMPRESSED", "STOOD STILL", "REASON", "PATH");
        for (StepManifest s : steps) {
            for (ImageRecord image : s.images()) {
                table.row(
                        s.stepId() + "/" + image.sequence(),
                        HumanText.time(image.at()),
                        Sizes.text(image.bytes()),
                        Sizes.text(image.rawBytes()),
                        HumanText.pause(image.pause()),
                        image.reason(),
                        s.folder().image(image.sequence()).toString());
            }
        }
        table.print(composition.console().out());
    }
}
