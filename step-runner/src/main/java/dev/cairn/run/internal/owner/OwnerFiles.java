package dev.cairn.run.internal.owner;

import dev.cairn.files.DocumentException;
import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.run.manifest.OwnerRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The ownership files of one run folder.
 *
 * <p>{@code owner.<epoch>} is the claim: it is created once and never changed or removed, so that exactly one of
 * several processes makes it. {@code owner.json} holds the heartbeat. An owner of an older epoch may still write it
 * once, so it counts only with the highest epoch.
 */
final class OwnerFiles {
    private static final DocumentType OWNER = new DocumentType("cairn.owner", 1);
    private static final String CLAIM = "owner.";
    private final Path runFolder;

    OwnerFiles(Path runFolder) {
        this.runFolder = runFolder;
    }

    Path runFolder() {
        return runFolder;
    }

    boolean claim(OwnerRecord record) throws IOException {
        return DurableFiles.createExclusive(claimFile(record.epoch()), bytes(record));
    }

    boolean claimed(long epoch) throws IOException {
        return Presence.isThere(claimFile(epoch));
    }

    void show(OwnerRecord record) throws IOException {
        DurableFiles.replaceUnsynced(view(), bytes(record));
    }

    /** Overwrites the file in place on a full disk. A reader skips a mixture. */
    void showInPlace(OwnerRecord record) throws IOException {
        try {
            show(record);
        } catch (IOException full) {
            DurableFiles.overwrite(view(), bytes(record));
        }
    }

    private static byte[] bytes(OwnerRecord record) {
        return DocumentType.bytes(record.into(OWNER.create()));
    }

    /** The owner of the highest epoch; empty if the run never had an owner. */
    Optional<OwnerRecord> current() throws IOException {
        long epoch = highestEpoch();
        if (epoch == 0) {
            return Optional.empty();
        }
        Optional<OwnerRecord> shown = shown().filter(r -> r.epoch() == epoch);
        return shown.isPresent() ? shown : Optional.of(OWNER.read(claimFile(epoch), OwnerRecord::from));
    }

    /** A torn heartbeat counts as missing: the claim names the owner, and a live owner writes the heartbeat again soon. */
    private Optional<OwnerRecord> shown() throws IOException {
        try {
            return OWNER.readIfPresent(view(), OwnerRecord::from);
        } catch (DocumentException torn) {
            return Optional.empty();
        }
    }

    private long highestEpoch() throws IOException {
        try (Stream<Path> files = Files.list(runFolder)) {
            return files.mapToLong(OwnerFiles::epochOf).max().orElse(0);
        } catch (NoSuchFileException missing) {
            throw new NoSuchFileException(runFolder.toString(), null, "the run folder has gone");
        }
    }

    private static long epochOf(Path file) {
        String name = file.getFileName().toString();
        String epoch = name.startsWith(CLAIM) ? name.substring(CLAIM.length()) : "";
        return epoch.matches("[0-9]{1,18}") ? Long.parseLong(epoch) : 0;
    }

    private Path claimFile(long epoch) {
        return runFolder.resolve(CLAIM + epoch);
    }

    Path view() {
        return runFolder.resolve("owner.json");
    }
}
