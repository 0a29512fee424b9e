package dev.cairn.slurm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The value of {@code sbatch --array}. Pure. */
public final class TaskList {
    private TaskList() {}

    /**
     * @param tasks their numbers, ascending
     * @param atMost how many run at a time; empty for any number
     * @return e.g. {@code 1-4,7%2}
     */
    public static String text(List<Integer> tasks, OptionalInt atMost) {
        List<String> ranges = new ArrayList<>();
        for (int first = 0; first < tasks.size(); ) {
            int last = first;
            while (last + 1 < tasks.size() && tasks.get(last + 1) == tasks.get(last) + 1) {
                last++;
            }
            ranges.add(first == last ? "" + tasks.get(first) : tasks.get(first) + "-" + tasks.get(last));
            first = last + 1;
        }
        return String.join(",", ranges) + (atMost.isPresent() ? "%" + atMost.getAsInt() : "");
    }
}
