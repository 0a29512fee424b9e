package dev.cairn.run.internal.step;

import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;

/**
 * How far the manifest on disk knows a step's images, for those who may say that there is one only when everybody can see it.
 * Thread-safe.
 */
final class RecordedImages {
    private long newest = -1;
    private boolean over;

    /** The manifest has been saved with these images. */
    synchronized void saved(StepManifest manifest) {
        newest = manifest.images().stream().mapToLong(ImageRecord::sequence).reduce(newest, Math::max);
        notifyAll();
    }

    /** Nothing more will be recorded. */
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
                Thread.currentThread()
                        .interrupt(); // the execution has ended, and the runner with it: this is not cut short
            }
        }
    }
}
