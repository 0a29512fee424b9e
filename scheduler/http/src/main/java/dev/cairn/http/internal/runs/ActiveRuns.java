package dev.cairn.http.internal.runs;

import dev.cairn.daemon.Runners;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The runs that requests have started or resumed in this process, each in a thread of its own. Each has a file until it
 * ends or a person stops it, so that the next process resumes runs that a kill or a stop has left. Thread-safe.
 */
public final class ActiveRuns implements AutoCloseable {
    /** Delivering the notifications of a run takes a while. */
    private static final Duration LETTING_GO = Duration.ofSeconds(10);

    private final Runners runners;
    private final Homes homes;
    private final Path records;
    private final RunListener listener;
    private final Consumer<String> tell;
    private final Map<RunSession, Thread> active = new LinkedHashMap<>();
    private int stops;

    /**
     * @param records a folder with nothing else in it
     * @param listener receives the events of the run
     * @param tell a person
     */
    public ActiveRuns(Runners runners, Homes homes, Path records, RunListener listener, Consumer<String> tell) {
        this.runners = runners;
        this.homes = homes;
        this.records = records;
        this.listener = listener;
        this.tell = tell;
    }

    /** Opens a run, with the runner of its home. */
    @FunctionalInterface
    public interface Opening {
        OpenResult open(StepRunner runner) throws IOException, InterruptedException;
    }

    /**
     * Opens a run and runs it. Returns once it certainly runs.
     *
     * @return its folder, even if it has succeeded already
     * @throws RequestException if this process may not run it
     */
    public RunFolder begin(Path home, Opening opening) throws IOException, InterruptedException {
        homes.remember(home);
        OpenResult result = opening.open(runners.of(home));
        if (result instanceof OpenResult.Ready ready) {
            return begin(home, ready.session());
        }
        if (result instanceof OpenResult.Done done) {
            return done.run().folder();
        }
        if (result instanceof OpenResult.Invalid invalid) {
            throw RequestException.of(
                    invalid.problems(), Path.of(invalid.problems().get(0).file()));
        }
        throw new RequestException(RequestException.Kind.UNAVAILABLE, result.words());
    }

    private synchronized RunFolder begin(Path home, RunSession session) throws IOException {
        if (stops > 0) {
            session.close();
            throw new RequestException(RequestException.Kind.UNAVAILABLE, "the daemon is stopping");
        }
        DurableFiles.createFolders(records);
        DurableFiles.replace(records.resolve(session.id()), home.toString().getBytes(StandardCharsets.UTF_8));
        Thread thread = new Thread(() -> run(session), "run " + session.id());
        thread.setDaemon(true);
        active.put(session, thread);
        thread.start();
        return session.folder();
    }

    private void run(RunSession session) {
        try (session) {
            RunOutcome outcome = session.run(listener);
            if (!isStopping() || outcome.state() != RunState.INTERRUPTED) {
                Files.deleteIfExists(records.resolve(session.id()));
            }
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
        } catch (IOException | RunnerFailedException e) {
            tell.accept("run " + session.id() + ": " + e.getMessage() + "; its steps stay under their supervisors");
        } finally {
            ended(session);
        }
    }

    private synchronized boolean isStopping() {
        return stops > 0;
    }

    private synchronized void ended(RunSession session) {
        active.remove(session);
    }

    /** Waits until this process has released an ended run; returns at once if it does not own the run. */
    public void awaitLetGo(String runId) throws InterruptedException {
        for (Thread thread : threads()) {
            if (thread.getName().equals("run " + runId)) {
                thread.join(LETTING_GO.toMillis());
            }
        }
    }

    /** Resumes the runs that an earlier process has left. */
    public void resumeLeft() throws IOException {
        DurableFiles.createFolders(records);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(records)) {
            for (Path record : left) {
                resumeLeft(record);
            }
        }
    }

    private void resumeLeft(Path record) {
        String id = String.valueOf(record.getFileName());
        try {
            Path home = Path.of(OrdinaryFile.ownText(record).strip());
            begin(home, runner -> {
                RunFolder folder = runner.runs().find(id);
                return RunManifest.read(folder).state().isFinal()
                        ? new OpenResult.Done(RunManifest.read(folder))
                        : runner.resume(folder, ResumeOptions.AS_SUBMITTED, false);
            });
            if (RunManifest.read(new RunStore(CairnHome.at(home)).folder(id))
                    .state()
                    .isFinal()) {
                Files.deleteIfExists(record);
            }
        } catch (NoSuchRunException removed) {
            tell.accept("run " + id + " was not resumed: it has been removed");
        } catch (IOException e) {
            tell.accept("run " + id + " was not resumed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks all runs to checkpoint and stop. A second call detaches from them: their steps continue under their supervisors. */
    public synchronized void stop() {
        stops++;
        active.forEach((session, thread) -> {
            if (stops > 1) {
                thread.interrupt();
            } else {
                session.stop(StopKind.INTERRUPT, "the daemon stops");
            }
        });
    }

    /** Waits until all have stopped. */
    @Override
    public void close() {
        if (!isStopping()) {
            stop();
        }
        for (Thread thread : threads()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                stop();
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized List<Thread> threads() {
        return List.copyOf(active.values());
    }
}
