package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Path;

/** A file of Cairn is torn, foreign or of another version. The message names it and says what to do. */
public final class DocumentException extends IOException {
    private static final long serialVersionUID = 1;

    public DocumentException(Path file, String what) {
        super(file + ": " + what);
    }

    DocumentException(Path file, String what, Throwable cause) {
        super(file + ": " + what, cause);
    }
}
