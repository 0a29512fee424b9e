package dev.cairn.run.internal.step;

import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;

/**
 * Tells how many of a step's images the manifest on disk holds. An answer that reports an image waits until every
 * process can see it. Thread-safe.
 */
final class RecordedImages {
    private long newest = -1;
    private boolean over;

    /** The manifest has been saved with these images. */
    synchronized void saved(StepManifest manifest) {
        newest = manifest.images().stream().mapToLong(ImageRecord::sequence).reduce(newest, Math::max);
        notifyAll();
    }

    /** No more images will be recorded. */
    synchronized void over() {
        over = true;
        notifyAll();
    }

    /** Waits until this image is recorded, or until no more images can be recorded. */
    synchronized void await(long sequence) throws InterruptedException {
        while (newest < sequence && !over) {
            try {
                wait();
            } catch (InterruptedException letGo) {
                if (!over) {
                    throw letGo;
                }
                Thread.currentThread().interrupt(); // the execution, and the runner with it, ends soon; an
                // interrupt must not shorten this
            }
        }
    }
}
