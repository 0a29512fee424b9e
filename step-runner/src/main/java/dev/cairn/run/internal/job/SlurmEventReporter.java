package dev.cairn.run.internal.job;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.slurm.JobState;
import dev.cairn.slurm.QueueLine;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reports the events of a step's job, from changes of the step's manifest. The job itself writes these events to the
 * journal in its own folder. Confined to the step's thread, except {@link #note}.
 */
final class SlurmEventReporter {
    /** Reasons for waiting that every job has at times. */
    private static final Set<String> USUAL = Set.of("None", "Priority", "Resources", "BeginTime", "Cleaning", "");

    private final RunListener log;
    private final RunListener shown;
    private final Clock clock;
    private final Set<Long> images = new HashSet<>();
    private final Set<Integer> begun = new HashSet<>();
    private final Set<Integer> ended = new HashSet<>();
    private String last = "";

    /**
     * @param log receives the job, and records it
     * @param shown receives the step, for display only
     */
    SlurmEventReporter(StepManifest now, RunListener log, RunListener shown, Clock clock) {
        this.log = log;
        this.shown = shown;
        this.clock = clock;
        now.images().forEach(image -> images.add(image.sequence()));
        now.attempts().forEach(attempt -> {
            begun.add(attempt.number());
            attempt.end().ifPresent(end -> ended.add(attempt.number()));
        });
    }

    void note(String step, String what) {
        log.on(new RunEvent.Note(clock.instant(), Optional.of(step), what));
    }

    /** Reports only a changed state, or an unusual reason for waiting. */
    void tell(String step, QueueLine line) {
        boolean waits = line.state().course() == JobState.Course.WAITS;
        String why = waits && !USUAL.contains(line.reason()) ? " (" + line.reason() + ")" : "";
        String where = line.state() == JobState.Known.RUNNING && !line.nodes().isEmpty() ? " on " + line.nodes() : "";
        String what = "Slurm job " + line.id() + ": " + line.state().text() + why + where
                + (line.state() instanceof JobState.Unknown ? ", a state that this Cairn does not know; it waits" : "");
        if (!what.equals(last)) {
            last = what;
            note(step, what);
        }
    }

    void tell(StepManifest manifest) {
        List<AttemptRecord> attempts = manifest.attempts();
        for (AttemptRecord attempt : attempts) {
            if (begun.add(attempt.number())) {
                shown.on(RunEvent.AttemptStarted.of(manifest.stepId(), attempt));
            }
        }
        for (ImageRecord image : manifest.images()) {
            if (images.add(image.sequence())) {
                shown.on(new RunEvent.ImagePublished(image.at(), manifest.stepId(), image));
            }
        }
        attempts.stream()
                .filter(attempt -> attempt.end().isPresent() && ended.add(attempt.number()))
                .forEach(attempt -> tellEnd(manifest.stepId(), attempt));
    }

    private void tellEnd(String step, AttemptRecord attempt) {
        attempt.end()
                .ifPresent(exit -> shown.on(new RunEvent.AttemptEnded(
                        exit.at(),
                        step,
                        attempt.number(),
                        exit.cause(),
                        exit.exitCode(),
                        exit.signal(),
                        exit.running(),
                        exit.message())));
    }
}
