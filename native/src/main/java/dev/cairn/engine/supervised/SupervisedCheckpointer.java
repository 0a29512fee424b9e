package dev.cairn.engine.supervised;

import com.sun.jna.ptr.PointerByReference;
import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.Lease;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An engine that runs steps under {@code cairn-supervisor}. Immutable, thread-safe. */
final class SupervisedCheckpointer implements Checkpointer {
    /** {@code CAIRN_EIMAGE_FOREIGN}. */
    private static final int FOREIGN = 1004;

    private final String name;
    private final boolean needsHost;
    private final NativeFiles files;

    /** @param needsHost whether the engine works only on a host that allows namespaces and tracing */
    SupervisedCheckpointer(String name, boolean needsHost, NativeFiles files) {
        this.name = name;
        this.needsHost = needsHost;
        this.files = files;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean takesImages() {
        return !name.equals("none");
    }

    @Override
    public List<HostFinding> check() {
        if (!needsHost) {
            return List.of();
        }
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference json = new PointerByReference();
        if (LibCairn.cairn_host_report(json, error) < 0) {
            return List.of(new HostFinding(
                    "report", false, true, error.toException().getMessage(), "nothing is known of this host", ""));
        }
        List<HostFinding> findings = new ArrayList<>();
        for (JsonNode finding : new JsonMapper().readTree(LibCairn.take(json))) {
            findings.add(new HostFinding(
                    finding.required("name").stringValue(),
                    finding.required("ok").booleanValue(),
                    finding.required("required").booleanValue(),
                    finding.required("detail").stringValue(),
                    finding.required("cost").stringValue(),
                    finding.required("who").stringValue()));
        }
        return findings;
    }

    @Override
    public StepProcess start(StepLaunch launch) throws EngineException {
        Path spec = launch.attemptDir().resolve(SpecFile.NAME);
        try {
            writeOnce(spec, SpecFile.of(name, launch));
        } catch (FileAlreadyExistsException e) {
            throw new EngineException(0, spec + " exists: an attempt is started once");
        } catch (IOException e) {
            throw new EngineException("writing " + spec, e);
        }
        byte[] environment = SpecFile.environmentBlock(launch.environment());
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference step = new PointerByReference();
        LibCairn.check(
                LibCairn.cairn_start(
                        files.supervisor().toString(),
                        launch.attemptDir().toString(),
                        environment,
                        environment.length,
                        step,
                        error),
                error);
        return new SupervisedStep(launch.attemptDir(), new SharedHandle(step.getValue(), LibCairn::cairn_step_free));
    }

    @Override
    public Optional<StepProcess> attach(Path attemptDir) throws EngineException {
        return supervised(attemptDir).map(step -> step);
    }

    private static Optional<SupervisedStep> supervised(Path attemptDir) throws EngineException {
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference step = new PointerByReference();
        int result = LibCairn.cairn_attach(attemptDir.toString(), step, error);
        if (result == -EngineException.GONE) {
            return Optional.empty();
        }
        LibCairn.check(result, error);
        return Optional.of(
                new SupervisedStep(attemptDir, new SharedHandle(step.getValue(), LibCairn::cairn_step_free)));
    }

    @Override
    public Optional<StepStatus> statusOf(Path attemptDir) throws EngineException {
        Optional<SupervisedStep> step = AttemptFiles.hasBegun(attemptDir) ? supervised(attemptDir) : Optional.empty();
        if (step.isEmpty()) {
            return Optional.empty();
        }
        try (SupervisedStep running = step.get()) {
            return Optional.of(running.glance());
        }
    }

    @Override
    public Optional<StepExit> exitOf(Path attemptDir) throws EngineException {
        return AttemptFiles.exit(attemptDir);
    }

    @Override
    public List<CheckpointOutcome> checkpointsOf(Path attemptDir) throws EngineException {
        return AttemptFiles.journal(attemptDir);
    }

    @Override
    public ImageInfo describe(Path image) throws EngineException {
        JsonNode said = new JsonMapper().readTree(SupervisedImages.describe(image));
        try {
            return new ImageInfo(
                    said.required("sequence").longValue(),
                    image,
                    Files.getLastModifiedTime(image).toInstant(),
                    "unknown",
                    said.required("bytes").longValue(),
                    said.required("raw_bytes").longValue(),
                    said.required("digest").stringValue(),
                    Duration.ZERO,
                    Duration.ZERO,
                    false,
                    OptionalLong.empty());
        } catch (IOException e) {
            throw new EngineException("looking at " + image, e);
        }
    }

    @Override
    public Optional<Lease> lease(Path checkpointsDir) throws EngineException {
        return LeaseFile.read(checkpointsDir);
    }

    @Override
    public Optional<String> unusable(Path image) {
        LibCairn.CairnError error = new LibCairn.CairnError();
        return LibCairn.cairn_image_check(image.toString(), error) < 0
                ? Optional.of(error.toException().getMessage())
                : Optional.empty();
    }

    @Override
    public boolean fitsElsewhere(Path image) {
        return LibCairn.cairn_image_check(image.toString(), new LibCairn.CairnError()) == -FOREIGN;
    }

    /**
     * Writes the file durably, with mode 0600 from the first byte, so that the attempt's folder shows what was started
     * even after a power cut. An incomplete file does not get its name, so another try is possible.
     */
    private static void writeOnce(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(temporary, file);
    }

    @Override
    public void discard(Path attemptDir) throws IOException {
        AttemptFiles.discard(attemptDir);
    }
}
