package dev.cairn.run.internal.job;

import dev.cairn.slurm.QueueLine;
import dev.cairn.slurm.Slurm;
import dev.cairn.slurm.SlurmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Follows the states of all Slurm jobs of a run. One {@code squeue} asks for all of them, and less often the longer nothing changes.
 * Thread-safe.
 */
public final class SlurmJobTracker {
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration RARELY = Duration.ofSeconds(20);
    private static final double SLOWER = 1.4;
    /** How many {@code sbatch} may run at a time. */
    private static final int SUBMITTERS = 3;

    private final Slurm slurm;
    private final Map<String, Sighting> seen = new ConcurrentHashMap<>();
    private final AtomicBoolean asking = new AtomicBoolean();
    private final Semaphore submitters = new Semaphore(SUBMITTERS);
    private volatile long dueAt = System.nanoTime();
    private volatile long interval = SOON.toNanos();

    public SlurmJobTracker(Slurm slurm) {
        this.slurm = slurm;
    }

    /**
     * @param name the job's name; a line with another name belongs to another job, which got the id from a controller
     *     that had lost this job
     * @param line empty if Slurm no longer shows the job
     * @param siblings whether Slurm shows other tasks of its array
     * @param times how often in a row Slurm gave this answer
     */
    record Sighting(String name, Optional<QueueLine> line, boolean siblings, int times) {
        static Sighting none(String name) {
            return new Sighting(name, Optional.empty(), false, 0);
        }

        /** @param shown the jobs that Slurm shows with the same submitted id */
        Sighting next(String job, List<QueueLine> shown) {
            List<QueueLine> ours =
                    shown.stream().filter(line -> line.name().equals(name)).toList();
            Optional<QueueLine> now =
                    ours.stream().filter(line -> line.id().equals(job)).findFirst();
            return new Sighting(name, now, !ours.isEmpty(), now.equals(line) ? times + 1 : 1);
        }
    }

    Slurm slurm() {
        return slurm;
    }

    Semaphore submitters() {
        return submitters;
    }

    void follow(String job, String name) {
        seen.putIfAbsent(job, Sighting.none(name));
        askSoon();
    }

    void forget(String job) {
        seen.remove(job);
    }

    /** How many jobs. */
    int followed() {
        return seen.size();
    }

    /** The latest known state of a followed job; asks Slurm if that is due and no other thread is asking. */
    Sighting look(String job) throws InterruptedException {
        if (System.nanoTime() - dueAt >= 0 && asking.compareAndSet(false, true)) {
            try {
                ask();
            } finally {
                asking.set(false);
            }
        }
        return seen.getOrDefault(job, Sighting.none(""));
    }

    /** Whether Slurm shows the job. Asks Slurm if it has not been seen yet. */
    boolean isThere(String job, String name) throws SlurmException, InterruptedException {
        Sighting last = look(job);
        return last.times() > 0
                ? last.line().isPresent()
                : slurm.queued(job, name).isPresent();
    }

    private void ask() throws InterruptedException {
        Set<String> wanted = new HashSet<>(seen.keySet());
        boolean changed = false;
        try {
            changed = take(wanted, slurm.queue(wanted));
        } catch (SlurmException unheard) {
            // a restarting controller does not report its jobs, so the last answer still holds
        }
        interval = changed ? SOON.toNanos() : Math.min(RARELY.toNanos(), (long) (interval * SLOWER));
        dueAt = System.nanoTime() + interval;
    }

    private boolean take(Set<String> wanted, Collection<QueueLine> lines) {
        Map<String, List<QueueLine>> bySubmission =
                lines.stream().collect(Collectors.groupingBy(line -> QueueLine.submittedId(line.id())));
        boolean changed = false;
        for (String job : wanted) {
            List<QueueLine> shown = bySubmission.getOrDefault(QueueLine.submittedId(job), List.of());
            Sighting now = seen.computeIfPresent(job, (id, before) -> before.next(id, shown));
            changed |= now != null && now.times() == 1;
        }
        return changed;
    }

    /** The states of jobs will change now, so the next question is due. */
    void askSoon() {
        interval = SOON.toNanos();
        dueAt = System.nanoTime() + Duration.ofMillis(500).toNanos();
    }
}
