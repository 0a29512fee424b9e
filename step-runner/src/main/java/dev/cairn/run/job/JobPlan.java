package dev.cairn.run.job;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a step's job is to be.
 *
 * @param name of the job
 * @param folder where it starts
 * @param settings for {@code sbatch}, by the long name of the option
 * @param further arguments for {@code sbatch}
 * @param command that the job runs; the submission's number is its last word
 */
public record JobPlan(
        String name, Path folder, Map<String, String> settings, List<String> further, List<String> command) {
    static final String CPUS = "cpus-per-task";

    public JobPlan {
        settings = Map.copyOf(settings);
        further = List.copyOf(further);
        command = List.copyOf(command);
    }

    /** But for the name and the command. */
    public boolean asksTheSameAs(JobPlan other) {
        return folder.equals(other.folder) && settings.equals(other.settings) && further.equals(other.further);
    }
}
