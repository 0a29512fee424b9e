package dev.cairn.workflow.resolve;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step asks of Slurm; immutable.
 *
 * @param settings by the long name of the option of {@code sbatch}
 * @param further arguments of {@code sbatch}, as they are
 */
public record ResolvedSlurm(Map<String, String> settings, List<String> further) {
    public ResolvedSlurm {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        further = List.copyOf(further);
    }
}
