package dev.cairn.run.internal.job;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The plan of a step's Slurm job.
 *
 * @param name the job's name
 * @param folder the folder in which it starts
 * @param settings values for {@code sbatch}, by the long name of the option
 * @param further further arguments for {@code sbatch}
 * @param command the command that the job runs; the submission's number is its last word
 */
public record JobPlan(
        String name, Path folder, Map<String, String> settings, List<String> further, List<String> command) {
    static final String CPUS = "cpus-per-task";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,6}");

    public JobPlan {
        settings = Map.copyOf(settings);
        further = List.copyOf(further);
        command = List.copyOf(command);
    }

    /** The number of cpus that the job asks for; empty if it does not say. */
    public static OptionalInt cpus(Map<String, String> settings) {
        String asked = settings.getOrDefault(CPUS, "");
        return NUMBER.matcher(asked).matches() ? OptionalInt.of(Integer.parseInt(asked)) : OptionalInt.empty();
    }

    /** Whether both ask for the same, apart from the name and the command. */
    public boolean asksTheSameAs(JobPlan other) {
        return folder.equals(other.folder) && settings.equals(other.settings) && further.equals(other.further);
    }
}
