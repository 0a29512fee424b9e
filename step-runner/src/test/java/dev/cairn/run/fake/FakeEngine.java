package dev.cairn.run.fake;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A checkpoint engine without processes: its steps do what the test says, its images are folders. It outlives the runners
 * that use it, as supervisors do.
 */
public final class FakeEngine implements Checkpointer {
    private final String name;
    private final Map<Path, FakeStep> byAttempt = new ConcurrentHashMap<>();
    private final List<FakeStep> all = new CopyOnWriteArrayList<>();
    private final BlockingQueue<FakeStep> started = new LinkedBlockingQueue<>();
    private final Map<String, Program> programs = new ConcurrentHashMap<>();
    private final Map<Path, String> spoilt = new ConcurrentHashMap<>();
    private final Set<Path> foreign = ConcurrentHashMap.newKeySet();
    private final Map<Path, String> unrestorable = new ConcurrentHashMap<>();
    private final Map<Path, String> changed = new ConcurrentHashMap<>();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger killed = new AtomicInteger();
    private final AtomicInteger portHeld = new AtomicInteger();
    private final AtomicInteger lacking = new AtomicInteger();
    private volatile int lack;
    private volatile boolean outOfReach;
    private volatile boolean full;
    private final List<HostFinding> findings = new CopyOnWriteArrayList<>();

    public FakeEngine(String name) {
        this.name = name;
    }

    @Override
    public boolean takesImages() {
        return name.equals("native");
    }

    /** What a step does as soon as it has started. */
    @FunctionalInterface
    public interface Program {
        void run(FakeStep step) throws EngineException;
    }

    /** From now on; a step without a program runs until the test ends it. */
    public FakeEngine program(String step, Program program) {
        programs.put(step, program);
        return this;
    }

    /** Waits for the next start of any step. */
    public FakeStep nextStart() throws InterruptedException {
        FakeStep step = started.poll(20, TimeUnit.SECONDS);
        if (step == null) {
            throw new AssertionError("no step was started");
        }
        return step;
    }

    /** Every start so far, in order. */
    public List<FakeStep> starts() {
        return List.copyOf(all);
    }

    public void spoil(Path image, String reason) {
        spoilt.put(image, reason);
    }

    /** The image is whole, and made for another host. */
    public void makeForeign(Path image, String reason) {
        spoil(image, reason);
        foreign.add(image);
    }

    /** As if a former supervisor still wrote to the images, for so many starts. */
    public void beBusy(int starts) {
        busy.set(starts);
    }

    /** So many supervisors are killed before they have started their step. */
    public void dieWhileStarting(int starts) {
        killed.set(starts);
    }

    /** So many restores find a port of the step in the hands of something else. */
    public void holdPort(int restores) {
        portHeld.set(restores);
    }

    /** So many starts meet this errno. */
    public void lackWhileStarting(int starts, int errno) {
        lack = errno;
        lacking.set(starts);
    }

    /** Its steps run where they cannot be watched from here. */
    public void beOutOfReach(boolean outOfReach) {
        this.outOfReach = outOfReach;
    }

    /** There is no room for what an attempt is started with. */
    public void beFull(boolean full) {
        this.full = full;
    }

    /** The image looks well and cannot be restored. */
    public void makeUnrestorable(Path image, String reason) {
        unrestorable.put(image, reason);
    }

    /** It can be restored only if what others changed is accepted. */
    public void makeChanged(Path image, String reason) {
        changed.put(image, reason);
    }

    public void lacks(HostFinding finding) {
        findings.add(finding);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<HostFinding> check() {
        return List.copyOf(findings);
    }

    @Override
    public StepProcess start(StepLaunch launch) throws EngineException {
        if (busy.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new EngineException(16, "another supervisor is writing: end it first");
        }
        if (killed.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new EngineException(EngineException.GONE, "the supervisor died while it started the step");
        }
        if (launch.restoreFrom().isPresent() && portHeld.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new EngineException(98, "binding a socket to 127.0.0.1, port 5432: Address already in use");
        }
        if (lacking.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new EngineException(lack, "the host lacks something at the moment");
        }
        if (full) {
            throw new EngineException("writing spec.json", new IOException("No space left on device"));
        }
        String refusal = launch.restoreFrom().map(unrestorable::get).orElse(null);
        if (refusal != null) {
            throw new EngineException(1000, refusal);
        }
        String conflict = launch.restoreFrom().map(changed::get).orElse(null);
        if (conflict != null && !launch.acceptChanged()) {
            throw new EngineException(EngineException.CHANGED, conflict);
        }
        Path spec = launch.attemptDir().resolve("spec.json");
        try {
            Files.createFile(spec);
        } catch (IOException exists) {
            throw new EngineException(0, spec + " exists: an attempt is started once");
        }
        FakeStep step = new FakeStep(launch);
        byAttempt.put(launch.attemptDir(), step);
        all.add(step);
        if (launch.restoreFrom().isEmpty()) {
            step.publish("start");
        }
        Program program = programs.get(step.id());
        if (program != null) {
            program.run(step);
        }
        started.add(step);
        return step;
    }

    @Override
    public Optional<StepProcess> attach(Path attemptDir) throws EngineException {
        if (outOfReach) {
            throw new EngineException(EngineException.HELD, "its supervisor, pid 7, lives: resume it there");
        }
        return Optional.<StepProcess>ofNullable(byAttempt.get(attemptDir)).filter(step -> ((FakeStep) step).isAlive());
    }

    @Override
    public Optional<StepExit> exitOf(Path attemptDir) {
        return Optional.ofNullable(byAttempt.get(attemptDir)).flatMap(FakeStep::exit);
    }

    @Override
    public List<CheckpointOutcome> checkpointsOf(Path attemptDir) {
        return Optional.ofNullable(byAttempt.get(attemptDir))
                .map(FakeStep::journal)
                .orElseGet(ArrayList::new);
    }

    @Override
    public ImageInfo describe(Path image) throws EngineException {
        if (spoilt.containsKey(image)) {
            throw new EngineException(1000, image + ": " + spoilt.get(image));
        }
        return all.stream()
                .flatMap(step -> step.images().stream())
                .filter(made -> made.path().equals(image))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public Optional<String> unusable(Path image) {
        return Files.isDirectory(image)
                ? Optional.ofNullable(spoilt.get(image))
                : Optional.of("there is no image " + image);
    }

    @Override
    public boolean fitsElsewhere(Path image) {
        return foreign.contains(image);
    }
}
