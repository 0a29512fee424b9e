package dev.cairn.run.internal.job;

import java.util.List;
import java.util.Map;

/**
 * The plan of the tasks of a job array.
 *
 * @param stepId the id of the matrix step
 * @param tasks the numbers of its instances by their ids, ascending
 * @param atMost how many run at a time
 * @param job the common plan of the tasks; the array's tag is the last word of its command
 */
public record ArrayPlan(String stepId, Map<String, Integer> tasks, int atMost, JobPlan job) {
    public ArrayPlan {
        tasks = Map.copyOf(tasks);
    }

    /** The id of an instance. For {@code number}, {@code %a} gives a pattern in which Slurm inserts the number. */
    public static String instance(String stepId, String number) {
        return stepId + "." + number;
    }

    List<String> instances() {
        return tasks.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
    }
}
