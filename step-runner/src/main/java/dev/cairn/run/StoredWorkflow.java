package dev.cairn.run;

import dev.cairn.files.Digests;
import dev.cairn.files.DocumentException;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.WriteGuard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;

/**
 * The workflow's text in a run's folder. The manifest holds its digest. A truncated or replaced text is refused,
 * because a plan with fewer steps could succeed, too. Stateless; any thread.
 */
final class StoredWorkflow {
    private StoredWorkflow() {}

    static void write(RunFolder folder, String text) throws IOException {
        DurableFiles.replace(folder.workflow(), text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Replaces it by a changed text. Meanwhile the manifest holds both digests, so that after a kill either text is
     * accepted. The next {@link RunManifest#save} drops the old digest.
     */
    static void replace(RunManifest run, String text, WriteGuard guard, Instant now) throws IOException {
        run.announceText(Digests.of(text));
        run.save(guard, now);
        write(run.folder(), text);
        run.origin(run.origin().withDigest(Digests.of(text)));
    }

    /** @throws DocumentException if it is not the text that the manifest names */
    static String read(RunManifest run) throws IOException {
        String text = OrdinaryFile.ownText(run.folder().workflow());
        if (!run.knowsText(Digests.of(text))) {
            throw foreign(run.folder().workflow());
        }
        return text;
    }

    /** The same for a run whose text another process may be replacing. */
    static String readBeside(RunFolder run) throws IOException {
        Path file = new RunFolder(run.base()).workflow();
        for (int look = 0; look < 3; look++) {
            String text = OrdinaryFile.ownText(file);
            // read after the manifest, which names a text before the text exists
            if (RunManifest.read(new RunFolder(run.base())).knowsText(Digests.of(text))) {
                return text;
            }
        }
        throw foreign(file);
    }

    private static DocumentException foreign(Path file) {
        return new DocumentException(
                file,
                "is not the workflow that this run was started with: its digest is not the one in manifest.json. Nothing was"
                        + " changed; put back a copy of it, or resume with the workflow file itself: cairn run FILE");
    }
}
