package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Another user could have written or could replace a file or folder, so Cairn does not use it. The message says what to
 * do.
 */
public final class UntrustedException extends IOException {
    private static final long serialVersionUID = 1;

    UntrustedException(Path path, String why, String remedy) {
        super(path + " is not used: " + why + ". " + remedy);
    }
}
