package dev.cairn.slurm;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The Slurm job of this process, from Slurm's variables; immutable.
 *
 * @param id {@code 4711}, or {@code 4711_3} for a task of an array; Slurm's commands accept both
 * @param task the number of the task in its array
 * @param restart how often the job had been requeued when this process started
 * @param cpus the job's cpus on this node
 * @param memoryBytes the job's memory on this node; empty if the job has no limit of its own
 */
public record BatchJob(String id, OptionalInt task, int restart, OptionalInt cpus, OptionalLong memoryBytes) {
    private static final long MIB = 1 << 20;

    /** Empty outside a job. */
    public static Optional<BatchJob> of(Map<String, String> environment) {
        String id = environment.getOrDefault("SLURM_JOB_ID", environment.getOrDefault("SLURM_JOBID", ""));
        if (!id.matches("[0-9]{1,18}")) {
            return Optional.empty();
        }
        OptionalLong cpus = number(environment, "SLURM_CPUS_ON_NODE");
        String array = environment.getOrDefault("SLURM_ARRAY_JOB_ID", "");
        String task = environment.getOrDefault("SLURM_ARRAY_TASK_ID", "");
        boolean inArray = array.matches("[0-9]{1,18}") && task.matches("[0-9]{1,9}");
        return Optional.of(new BatchJob(
                inArray ? array + "_" + task : id,
                inArray ? OptionalInt.of(Integer.parseInt(task)) : OptionalInt.empty(),
                (int) number(environment, "SLURM_RESTART_COUNT").orElse(0),
                cpus.isPresent() ? OptionalInt.of((int) cpus.getAsLong()) : OptionalInt.empty(),
                memory(environment, cpus)));
    }

    private static OptionalLong memory(Map<String, String> environment, OptionalLong cpus) {
        OptionalLong perNode = number(environment, "SLURM_MEM_PER_NODE");
        if (perNode.isPresent()) {
            return OptionalLong.of(perNode.getAsLong() * MIB);
        }
        OptionalLong perCpu = number(environment, "SLURM_MEM_PER_CPU");
        return perCpu.isPresent() && cpus.isPresent()
                ? OptionalLong.of(perCpu.getAsLong() * cpus.getAsLong() * MIB)
                : OptionalLong.empty();
    }

    /** Slurm's 0 means the whole memory. */
    private static OptionalLong number(Map<String, String> environment, String name) {
        String text = environment.getOrDefault(name, "");
        return text.matches("[1-9][0-9]{0,8}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }
}
