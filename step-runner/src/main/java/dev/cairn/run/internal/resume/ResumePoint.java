package dev.cairn.run.internal.resume;

import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RejectedImage;
import java.util.List;
import java.util.Optional;

/**
 * Where the next attempt starts.
 *
 * @param image the image to resume from; image 0 rolls the files back and starts the command; empty starts the command
 *     without a roll-back
 * @param passed newer images that were refused, newest first
 */
public record ResumePoint(Optional<ImageRecord> image, List<RejectedImage> passed) {
    public ResumePoint {
        passed = List.copyOf(passed);
    }

    /** Whether memory is restored, and not only files. */
    public boolean continues() {
        return image.isPresent() && image.get().sequence() > 0;
    }
}
