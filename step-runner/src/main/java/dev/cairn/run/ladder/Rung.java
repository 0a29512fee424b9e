package dev.cairn.run.ladder;

import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.PassedRung;
import java.util.List;
import java.util.Optional;

/**
 * From where the next attempt starts.
 *
 * @param image to go on from; image 0 puts the files back and starts the command; empty starts it on the files as they are
 * @param passed newer images that were refused, newest first
 */
public record Rung(Optional<ImageRecord> image, List<PassedRung> passed) {
    public Rung {
        passed = List.copyOf(passed);
    }

    /** Memory is restored, not only files. */
    public boolean continues() {
        return image.isPresent() && image.get().sequence() > 0;
    }
}
