package dev.cairn.run.home;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.files.TreeRemoval;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A run that is being made, in {@code runs/.new-ID/ID}. When the draft is complete, it is registered under its name,
 * and from then on it is the run of that name. A process that finds the name but no run moves the draft into place,
 * since the draft's creator may have been killed. Immutable; any thread.
 */
public final class RunDraft {
    /** The prefix of the names of all drafts' folders. */
    public static final String PREFIX = ".new-";

    private final CairnHome home;
    private final Path folder;
    private final RunFolder target;

    public RunDraft(CairnHome home, String id) {
        this.home = home;
        this.folder = home.runs().resolve(PREFIX + id);
        this.target = new RunFolder(home.runs().resolve(id));
    }

    /** Where it is made. */
    public RunFolder run() {
        return new RunFolder(folder.resolve(target.runId()));
    }

    /**
     * Moves the run into place, unless another process already has.
     *
     * @return whether it is there; false if it was never made, or was deleted since
     */
    public boolean appear() throws IOException {
        if (Presence.isThere(target.manifest())) {
            return true;
        }
        try {
            Files.move(run().path(), target.path(), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException moved) {
            return Presence.isThere(target.manifest());
        }
        DurableFiles.syncFolder(home.runs());
        discard();
        return true;
    }

    /** Deletes the draft, or the rest that the move has left. */
    public void discard() throws IOException {
        TreeRemoval.remove(home.path(), folder);
    }
}
