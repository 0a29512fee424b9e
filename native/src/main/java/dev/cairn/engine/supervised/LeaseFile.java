package dev.cairn.engine.supervised;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.Lease;
import dev.cairn.engine.PidScope;
import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the file {@code lease} in a folder of images. */
final class LeaseFile {
    private static final String NAME = "lease";

    private LeaseFile() {}

    /** Opens the file for each read, because a network file system asks its server only on an open. */
    static Optional<Lease> read(Path checkpointsDir) throws EngineException {
        Path file = checkpointsDir.resolve(NAME);
        try {
            JsonNode lease = new JsonMapper().readTree(OrdinaryFile.readOwn(file));
            return Optional.of(new Lease(
                    lease.required("host").stringValue(),
                    lease.required("pid").longValue(),
                    PidScope.current()
                            .equals(new PidScope(
                                    lease.required("boot_id").stringValue(),
                                    lease.required("pid_ns").longValue())),
                    Files.getLastModifiedTime(file)));
        } catch (NoSuchFileException free) {
            return Optional.empty();
        } catch (IOException e) {
            throw new EngineException("reading " + file, e);
        } catch (JacksonException e) {
            throw new EngineException(0, file + " is not what a supervisor writes: " + e.getMessage());
        }
    }
}
