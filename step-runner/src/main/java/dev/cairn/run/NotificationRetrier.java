package dev.cairn.run;

import dev.cairn.files.DocumentException;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.event.EventLog;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.store.RunOpener;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.notify.Deliveries;
import dev.cairn.run.notify.EventJournalRepair;
import dev.cairn.run.notify.Notifier;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Delivers notifications that a run's own runner could not deliver, because a receiver was unreachable or the runner was killed.
 * Immutable; any thread.
 */
public final class NotificationRetrier {
    private final RunStore runs;
    private final RunOpener opener;
    private final RunnerContext context;

    NotificationRetrier(RunStore runs, RunOpener opener, RunnerContext context) {
        this.runs = runs;
        this.opener = opener;
        this.context = context;
    }

    /** The runs of this home that may have pending notifications, including active runs. */
    public List<RunFolder> runs() throws IOException {
        List<RunFolder> found = new ArrayList<>();
        for (String id : context.pending().ids()) {
            try {
                found.add(runs.find(id));
            } catch (NoSuchRunException deleted) {
                context.pending().remove(new RunFolder(Path.of(id)));
            }
        }
        return found;
    }

    /**
     * Delivers the notifications of one run, within a time limit. Skips a run that a runner owns: that runner delivers its notifications.
     *
     * @param say receives a message about each refusal, from any thread
     * @return the receivers with undelivered notifications, and why
     */
    public List<String> tell(RunFolder folder, Duration atMost, Consumer<String> say)
            throws IOException, InterruptedException {
        Optional<Deliveries> deliveries = context.deliveries();
        if (context.owners().ownerOf(folder.path()).isPresent() || deliveries.isEmpty()) {
            return List.of();
        }
        RunManifest run;
        List<Notification> notifications;
        try {
            run = RunManifest.read(folder);
            notifications = notifications(run);
        } catch (DocumentException | UntrustedException | NoSuchFileException damaged) {
            return List.of(
                    String.valueOf(damaged.getMessage())); // the notifications of other runs can still be delivered
        }
        if (notifications.isEmpty()) {
            context.pending().remove(folder); // its workflow file has changed since
            return List.of();
        }
        if (!isWhole(run)) {
            return List.of();
        }
        Optional<Notifier> notifier = Notifier.begin(run, notifications, deliveries.get(), context.pending(), say);
        return notifier.isPresent() ? notifier.get().finish(atMost) : List.of();
    }

    /**
     * Takes over a run briefly if its journal lacks events.
     *
     * @return false if another process owns it now
     */
    private boolean isWhole(RunManifest run) throws IOException, InterruptedException {
        if (run.state() == RunState.RUNNING || EventJournalRepair.missing(run).isEmpty()) {
            return true; // the runner that resumes a run repairs its journal
        }
        if (!(opener.open(run.folder()) instanceof RunOpener.Opened.Ours ours)) {
            return false;
        }
        try (Ownership ownership = ours.ownership();
                EventLog log = EventLog.open(run.folder(), ownership.epoch())) {
            for (RunEvent event : EventJournalRepair.missing(ours.run())) {
                log.on(event);
            }
            return true;
        }
    }

    private static List<Notification> notifications(RunManifest run) throws IOException {
        Optional<Path> file = run.origin().workflow();
        if (file.isEmpty()) {
            return List.of();
        }
        Result<Workflow> read = Workflows.read(StoredWorkflow.read(run), file.get());
        return read instanceof Result.Ok<Workflow> workflow ? workflow.value().notifications() : List.of();
    }
}
