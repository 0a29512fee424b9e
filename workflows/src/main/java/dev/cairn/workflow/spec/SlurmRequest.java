package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step asks of Slurm; immutable.
 *
 * @param settings by the name that {@code sbatch} has for them: {@code partition}, {@code cpus-per-task}, {@code mem}, ...
 * @param options further arguments for {@code sbatch}, as they are
 */
public record SlurmRequest(Map<String, Template> settings, List<Template> options) {
    public SlurmRequest {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        options = List.copyOf(options);
    }

    /** These settings over {@code defaults}; own options replace theirs. */
    SlurmRequest over(SlurmRequest defaults) {
        Map<String, Template> all = new LinkedHashMap<>(defaults.settings);
        all.putAll(settings);
        return new SlurmRequest(all, options.isEmpty() ? defaults.options : options);
    }
}
