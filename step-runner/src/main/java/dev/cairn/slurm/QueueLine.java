package dev.cairn.slurm;

import java.util.ArrayList;
import java.util.List;

/**
 * A job as {@code squeue} lists it.
 *
 * @param id {@code 4711}, or {@code 4711_3} for a task of an array
 * @param reason why it waits or how it ended, e.g. {@code Priority}; {@code None} if there is none
 * @param nodes the nodes on which it runs; may be empty
 * @param name the job's name, which distinguishes it from a later job with the same id
 */
public record QueueLine(String id, JobState state, String reason, String nodes, String name, String comment) {
    /**
     * The argument for {@code squeue --format}. Every version understands the single letters. The comment comes last,
     * because it may hold any text.
     */
    static final String FORMAT = "%i|%T|%r|%N|%j|%k";

    private static final int FIELDS = 6;

    /** The id that {@code sbatch} printed; for a task, the id of its array. */
    public static String submittedId(String id) {
        return id.split("[_+]", 2)[0];
    }

    /** Skips lines that describe no job, such as a site's greeting. */
    static List<QueueLine> parse(String text) {
        List<QueueLine> jobs = new ArrayList<>();
        for (String line : text.split("\n")) {
            String[] fields = line.strip().split("\\|", FIELDS);
            if (fields.length == FIELDS && fields[0].matches("[0-9][0-9_+\\[\\]%,-]*")) {
                jobs.add(new QueueLine(fields[0], JobState.of(fields[1]), fields[2], fields[3], fields[4], fields[5]));
            }
        }
        return jobs;
    }
}
