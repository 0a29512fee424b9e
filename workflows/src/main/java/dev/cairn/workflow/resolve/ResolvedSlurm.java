package dev.cairn.workflow.resolve;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A step's request to Slurm; immutable.
 *
 * @param settings values by the long name of the option of {@code sbatch}
 * @param further further arguments of {@code sbatch}, unchanged
 */
public record ResolvedSlurm(Map<String, String> settings, List<String> further) {
    public ResolvedSlurm {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        further = List.copyOf(further);
    }
}
