package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A step's request to Slurm; immutable.
 *
 * @param settings values by their name in {@code sbatch}: {@code partition}, {@code cpus-per-task}, {@code mem}, ...
 * @param options further arguments for {@code sbatch}, unchanged
 */
public record SlurmRequest(Map<String, Template> settings, List<Template> options) {
    public SlurmRequest {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        options = List.copyOf(options);
    }

    /** These settings, completed by {@code defaults}. The step's own options replace those of {@code defaults}. */
    SlurmRequest over(SlurmRequest defaults) {
        Map<String, Template> all = new LinkedHashMap<>(defaults.settings);
        all.putAll(settings);
        return new SlurmRequest(all, options.isEmpty() ? defaults.options : options);
    }
}
