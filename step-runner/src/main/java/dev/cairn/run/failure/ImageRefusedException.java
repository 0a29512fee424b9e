package dev.cairn.run.failure;

import java.util.List;
import java.util.stream.Collectors;

/** The step cannot be resumed from the image that the user named; no other image was tried. */
public final class ImageRefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final boolean missing;

    private ImageRefusedException(String message, boolean missing) {
        super(message);
        this.missing = missing;
    }

    public static ImageRefusedException unusable(long sequence, String reason) {
        return new ImageRefusedException(
                "image " + sequence + ": " + reason
                        + "\nno other image was tried; without --at the step resumes from the newest usable image",
                false);
    }

    public static ImageRefusedException missing(long sequence, List<Long> there) {
        String known = there.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
        return new ImageRefusedException(
                "there is no image " + sequence + "; there " + (known.isEmpty() ? "is none" : "are: " + known), true);
    }

    public boolean isMissing() {
        return missing;
    }
}
