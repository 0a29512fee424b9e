package dev.cairn.cli.run;

import dev.cairn.run.home.CairnHome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Stores the input that is piped into a command, so that it can be read again after a resume. */
public final class InputSpool {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private InputSpool() {}

    /** Reads stdin to its end into a file of the home; empty if there is no input. */
    public static Optional<Path> spool(CairnHome home) throws IOException {
        if (!hasInput()) {
            return Optional.empty();
        }
        Path folder = home.input();
        Files.createDirectories(folder, PRIVATE_FOLDER);
        Path file = folder.resolve(UUID.randomUUID().toString());
        try (FileChannel out = FileChannel.open(
                        file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE);
                InputStream in = System.in) {
            long size = in.transferTo(Channels.newOutputStream(out));
            out.force(true);
            if (size > 0) {
                return Optional.of(file);
            }
        }
        Files.delete(file);
        return Optional.empty();
    }

    private static boolean hasInput() {
        try {
            return !Files.readSymbolicLink(Path.of("/proc/self/fd/0")).equals(Path.of("/dev/null"));
        } catch (IOException closed) {
            return false;
        }
    }
}
