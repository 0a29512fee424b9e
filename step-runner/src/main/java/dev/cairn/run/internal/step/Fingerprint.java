package dev.cairn.run.internal.step;

import dev.cairn.files.Digests;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.workflow.resolve.StepIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.TreeSet;

/** A digest of everything on which a step's memory depends. A step resumes only from images with the same digest. */
public final class Fingerprint {
    private final MessageDigest digest = Digests.sha256();

    private Fingerprint() {}

    /**
     * @param engine the engine that makes the images
     * @throws IOException if a script cannot be read
     */
    public static String of(StepIdentity identity, String engine) throws IOException {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(engine);
        for (Map.Entry<String, String> ingredient : identity.ingredients().entrySet()) {
            fingerprint.add(ingredient.getKey());
            fingerprint.add(ingredient.getValue());
        }
        for (Path script : new TreeSet<>(identity.scripts())) {
            fingerprint.add(script.toString());
            fingerprint.add(OrdinaryFile.read(script));
        }
        return Digests.text(fingerprint.digest.digest());
    }

    private void add(String text) {
        add(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a text with its length in front, so that neighbouring texts cannot be confused. */
    private void add(byte[] bytes) {
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        digest.update(bytes);
    }
}
