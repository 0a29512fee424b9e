package dev.cairn.slurm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request for {@code sbatch}.
 *
 * @param comment the comment by which the job is found again; the job keeps it through every requeue
 * @param output the job's own log, with Slurm's patterns such as {@code %j}
 * @param settings values by the long name of the option: {@code partition}, {@code mem}, ...
 * @param further arguments, unchanged; they come last and so take precedence
 */
public record JobRequest(
        String name, String comment, Path folder, Path output, Map<String, String> settings, List<String> further) {
    private static final Pattern JOB_ID = Pattern.compile("^([0-9]+)(?:;[^\\s;]+)?$", Pattern.MULTILINE);

    public JobRequest {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        further = List.copyOf(further);
    }

    /** The command without the script, which it reads from its standard input. */
    public List<String> submitLine() {
        List<String> words = new ArrayList<>(List.of(
                "sbatch",
                "--parsable",
                "--job-name=" + name,
                "--comment=" + comment,
                "--chdir=" + folder,
                "--output=" + output,
                "--open-mode=append",
                "--requeue",
                "--kill-on-invalid-dep=yes",
                "--signal=B:USR1@" + BatchScript.leadSeconds(TimeLimits.parse(settings.getOrDefault("time", "")))));
        settings.forEach((option, value) -> words.add("--" + option + "=" + value));
        words.addAll(further);
        return words;
    }

    /**
     * The job's id in what {@code sbatch --parsable} printed ({@code 123}, or {@code 123;cluster}); a site may print
     * other text around it.
     *
     * @throws SlurmException if there is none
     */
    static String jobId(String printed) throws SlurmException {
        Matcher matcher = JOB_ID.matcher(printed.strip());
        String id = "";
        while (matcher.find()) {
            id = matcher.group(1);
        }
        if (id.isEmpty()) {
            throw new SlurmException(
                    SlurmException.Kind.UNCLEAR, "sbatch said no job id but: '" + printed.strip() + "'");
        }
        return id;
    }
}
