package dev.cairn.slurm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes batch scripts whose only line calls Cairn. Pure functions. */
public final class BatchScript {
    /**
     * How long before the time limit Slurm warns: enough for an image of some GiB on a shared disk. Slurm may warn up
     * to a minute early.
     */
    private static final long LEAD_SECONDS = 120;

    private static final int LARGEST_PART = 4;
    private static final Pattern TIME = Pattern.compile("(?:--time[= ]|-t ?)(\\S+)");

    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_./:=@%+,-]+");

    private BatchScript() {}

    /**
     * A script for {@code sbatch}.
     *
     * <p>{@code exec}: Slurm signals only the batch script's own process on most clusters. {@code trap}: the warning must not kill a
     * program that is still starting.
     *
     * @param directives options of {@code sbatch} beyond those that every such script has
     */
    public static String text(List<String> directives, List<String> command) {
        List<String> lines = new ArrayList<>();
        lines.add("#!/bin/bash");
        lines.add("#SBATCH --requeue");
        lines.add("#SBATCH --open-mode=append");
        lines.add("#SBATCH --signal=B:USR1@" + leadSeconds(limit(directives)));
        directives.forEach(directive -> lines.add("#SBATCH " + directive));
        lines.add("trap '' USR1");
        lines.add("exec " + line(command));
        return String.join("\n", lines) + "\n";
    }

    /** The script as the job's input, if the options are on the command line of {@code sbatch}. */
    public static String bare(List<String> command) {
        return "#!/bin/bash\ntrap '' USR1\nexec " + line(command) + "\n";
    }

    /** How long before the limit to warn. For a short limit it is so late that most of the time is left for work. */
    static long leadSeconds(Optional<Duration> limit) {
        return limit.map(time -> Math.max(1, Math.min(LEAD_SECONDS, time.toSeconds() / LARGEST_PART)))
                .orElse(LEAD_SECONDS);
    }

    private static Optional<Duration> limit(List<String> directives) {
        return directives.stream()
                .map(TIME::matcher)
                .filter(Matcher::matches)
                .reduce((first, last) -> last)
                .flatMap(matcher -> TimeLimits.parse(matcher.group(1)));
    }

    /** A command as one line, which a shell splits into the same words again. */
    public static String line(List<String> command) {
        return String.join(" ", command.stream().map(BatchScript::quoted).toList());
    }

    private static String quoted(String word) {
        return HARMLESS.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
