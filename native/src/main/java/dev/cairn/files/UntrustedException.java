package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Path;

/** Somebody else could have written a file or folder, or could replace it, so that it is not used. The message says what to do. */
public final class UntrustedException extends IOException {
    private static final long serialVersionUID = 1;

    UntrustedException(Path path, String why, String remedy) {
        super(path + " is not used: " + why + ". " + remedy);
    }
}
