package dev.cairn.run.ladder;

/** The image that a person asked for by number cannot be gone on from. */
public final class ImageRefusedException extends Exception {
    private static final long serialVersionUID = 1;

    ImageRefusedException(long sequence, String reason) {
        super("image " + sequence + ": " + reason);
    }
}
