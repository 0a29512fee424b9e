package dev.cairn.slurm;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Slurm through its own commands, {@code sbatch}, {@code squeue}, {@code scontrol}, {@code scancel} and {@code sinfo}; nothing here needs
 * its accounting database. Immutable; any thread.
 */
public final class Slurm {
    /** Texts in Slurm's error messages that mean "no answer", as opposed to "refused". */
    private static final Pattern UNHEARD = Pattern.compile(
            "unable to contact|timed out|connection refused|connection failure|connect failure|zero bytes"
                    + "|transport endpoint|temporarily unavailable|unexpected message|authentication|not responding"
                    + "|communication|send/recv|in standby mode|backup controller");

    private static final Pattern LIMITED = Pattern.compile("submitjob|maxsubmit|temporarily unable to accept job");
    private static final Pattern NO_SUCH_JOB = Pattern.compile("invalid job id");

    private final Commands commands;

    /**
     * @param environment the environment of this process, which locates the commands and is passed to every submitted
     *     job
     */
    public Slurm(Map<String, String> environment) {
        this.commands = new Commands(environment);
    }

    /** Why no job can be submitted from here; empty if one can. */
    public Optional<String> obstacle() {
        return commands.find("sbatch").isPresent()
                ? Optional.empty()
                : Optional.of(
                        "there is no 'sbatch' on PATH: this host is no part of a Slurm cluster, or a module has to be"
                                + " loaded first");
    }

    /**
     * Submits a job.
     *
     * @return its id
     * @throws SlurmException of kind UNCLEAR if the job may have been submitted anyway
     */
    public String submit(JobRequest request, String script) throws SlurmException, InterruptedException {
        Commands.Output output = commands.act(request.submitLine(), script);
        return JobRequest.jobId(succeeded("sbatch", output).out());
    }

    /** The job; empty if Slurm no longer knows it. */
    public Optional<JobInfo> job(String id) throws SlurmException, InterruptedException {
        Commands.Output output = commands.ask(List.of("scontrol", "show", "job", "-o", id));
        if (output.exitCode() != 0 && matches(NO_SUCH_JOB, output)) {
            return Optional.empty();
        }
        return JobInfo.parse(succeeded("scontrol", output).out(), id, ZoneOffset.UTC);
    }

    /**
     * Returns the jobs that Slurm still shows; it shows a job for some minutes after its end. For a task of an array,
     * returns all tasks of the array that Slurm shows; it does not show a task that was cancelled before its start.
     */
    public List<QueueLine> queue(Collection<String> ids) throws SlurmException, InterruptedException {
        String submitted = ids.stream().map(QueueLine::submittedId).distinct().collect(Collectors.joining(","));
        return ids.isEmpty() ? List.of() : queue(List.of("--jobs=" + submitted));
    }

    /**
     * Returns one of them, and compares its name, too: a controller that lost the job may have given its id to another
     * job.
     */
    public Optional<QueueLine> queued(String id, String name) throws SlurmException, InterruptedException {
        return queue(List.of(id)).stream()
                .filter(line -> line.id().equals(id) && line.name().equals(name))
                .findFirst();
    }

    /** Jobs of this user by name. */
    public List<QueueLine> queueOf(String name) throws SlurmException, InterruptedException {
        return queue(List.of("--user=" + System.getProperty("user.name"), "--name=" + name));
    }

    private List<QueueLine> queue(List<String> which) throws SlurmException, InterruptedException {
        List<String> words = new ArrayList<>(
                List.of("squeue", "--noheader", "--array", "--states=all", "--format=" + QueueLine.FORMAT));
        words.addAll(which);
        Commands.Output output = commands.ask(words);
        // if only one job is asked for, the command reports a missing job as an error
        boolean none = output.exitCode() != 0 && matches(NO_SUCH_JOB, output);
        return none ? List.of() : QueueLine.parse(succeeded("squeue", output).out());
    }

    /** Puts a running job back into the queue; its processes get TERM and after the site's KillWait KILL. */
    public void requeue(String id) throws SlurmException, InterruptedException {
        succeeded("scontrol", commands.ask(List.of("scontrol", "requeue", id)));
    }

    /** Ends a job or removes it from the queue; an ended job is no error. */
    public void cancel(String id) throws SlurmException, InterruptedException {
        Commands.Output output = commands.ask(List.of("scancel", id));
        if (!matches(NO_SUCH_JOB, output)) {
            succeeded("scancel", output);
        }
    }

    /**
     * The most CPUs that a node has.
     *
     * @param partition one, or several with commas between; empty for the default
     * @return empty if it is not known
     */
    public OptionalInt mostCpus(Optional<String> partition) throws SlurmException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("sinfo", "--noheader", "--format=%P|%c"));
        partition.ifPresent(names -> words.add("--partition=" + names));
        return NodeSizes.mostCpus(succeeded("sinfo", commands.ask(words)).out(), partition.isPresent());
    }

    private static Commands.Output succeeded(String program, Commands.Output output) throws SlurmException {
        if (output.exitCode() == 0) {
            return output;
        }
        String said = output.err().strip().replace('\n', ';');
        SlurmException.Kind kind = matches(LIMITED, output)
                ? SlurmException.Kind.FULL
                : matches(UNHEARD, output) ? SlurmException.Kind.UNCLEAR : SlurmException.Kind.REFUSED;
        throw new SlurmException(kind, said.isEmpty() ? program + " ended with exit code " + output.exitCode() : said);
    }

    private static boolean matches(Pattern words, Commands.Output output) {
        return words.matcher(output.err().toLowerCase(Locale.ROOT)).find();
    }
}
