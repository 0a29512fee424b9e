package dev.cairn.run.internal.reuse;

import dev.cairn.files.Digests;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.workflow.resolve.ResolvedStep;
import dev.cairn.workflow.value.JsonText;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A step whose outputs may be taken over from an earlier success; immutable.
 *
 * @param definition its definition, the same text in every run
 * @param reads label to path: the files and folders whose content its outputs depend on
 * @param products the files and folders that it leaves, in a fixed order
 */
public record Reusable(SortedMap<String, String> definition, SortedMap<String, Path> reads, List<Path> products) {
    public Reusable {
        definition = new TreeMap<>(definition);
        reads = new TreeMap<>(reads);
        products = List.copyOf(products);
    }

    /**
     * Makes it for a step with {@code cache}; empty for any other step.
     *
     * @param texts names of the outputs that it writes to {@code $CAIRN_OUTPUT}
     */
    public static Optional<Reusable> of(ResolvedStep step, Collection<String> texts, RunFolder run) {
        return step.reads().map(reads -> of(step, texts, reads, run));
    }

    private static Reusable of(ResolvedStep step, Collection<String> texts, List<Path> named, RunFolder run) {
        SortedMap<String, String> definition = new TreeMap<>();
        List<String> command = step.command();
        for (int i = 0; i < command.size(); i++) {
            definition.put(String.format("command.%05d", i), everywhere(command.get(i), run));
        }
        step.environment()
                .forEach((name, value) -> definition.put(
                        "env." + name, step.secrets().contains(name) ? "(secret)" : everywhere(value, run)));
        definition.put("working_directory", everywhere(step.workingDirectory().toString(), run));
        definition.put("stdin", everywhere(step.standardInput().toString(), run));
        List<Path> products = new ArrayList<>();
        new TreeMap<>(step.outputs()).forEach((name, path) -> {
            definition.put("outputs." + name, everywhere(path.toString(), run));
            products.add(path);
        });
        definition.put("texts", new TreeSet<>(texts).toString());
        step.artifacts().forEach(path -> {
            definition.put("artifacts." + products.size(), everywhere(path.toString(), run));
            products.add(path);
        });
        SortedMap<String, Path> reads = new TreeMap<>();
        List<Path> all = new ArrayList<>(named);
        all.addAll(step.identity().scripts());
        if (!step.standardInput().equals(Path.of("/dev/null"))) {
            all.add(step.standardInput());
        }
        all.forEach(path -> reads.put(everywhere(path.toString(), run), path));
        return new Reusable(definition, reads, products);
    }

    /** Leaves out values that differ between the runs of a file: a run's folder and its id. */
    private static String everywhere(String text, RunFolder run) {
        return text.replace(run.base().toString(), "${run}").replace(run.runId(), "${run.id}");
    }

    /**
     * The digest of everything on which the outputs depend.
     *
     * @param giveUp called again and again; true ends the work with an {@link IOException}
     * @throws IOException if a file that it reads cannot be read
     */
    public String key(BooleanSupplier giveUp) throws IOException {
        ContentDigest content = new ContentDigest(giveUp);
        Map<String, Value> ingredients = new TreeMap<>();
        definition.forEach((name, text) -> ingredients.put(name, new Value.Text(text)));
        for (Map.Entry<String, Path> read : reads.entrySet()) {
            ingredients.put("reads." + read.getKey(), new Value.Text(content.of(read.getValue())));
        }
        return Digests.of(JsonText.of(new Value.Fields(ingredients)));
    }

    /**
     * The digest of each product.
     *
     * @throws IOException if one is missing or cannot be read
     */
    List<String> contents(BooleanSupplier giveUp) throws IOException {
        List<String> contents = new ArrayList<>();
        for (Path product : products) {
            contents.add(new ContentDigest(giveUp).of(product));
        }
        return contents;
    }

    /** For messages. */
    @Override
    public String toString() {
        return products.stream().map(Path::toString).collect(Collectors.joining(", "));
    }
}
