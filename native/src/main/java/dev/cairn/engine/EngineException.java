package dev.cairn.engine;

import dev.cairn.files.DocumentException;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;

/** An engine could not do a request. The message says what, on which object, and what to do. */
public final class EngineException extends Exception {
    private static final long serialVersionUID = 1;
    /** {@code CAIRN_EGONE} of cairn.h: the step or its supervisor has ended, or is about to. */
    public static final int GONE = 1015;

    /** {@code CAIRN_EHELD} of cairn.h: the step runs elsewhere and cannot be reached. */
    public static final int HELD = 1016;

    /** {@code CAIRN_ECHANGED} of cairn.h: others changed a file of the step; {@link StepLaunch#acceptChanged} overrides. */
    public static final int CHANGED = 1017;

    /** EIO, EFBIG, ENOSPC, EROFS, EDQUOT. */
    private static final Set<Integer> OF_STORAGE = Set.of(5, 27, 28, 30, 122);

    /** EINTR, EIO, EAGAIN, ENOMEM, ENFILE, EMFILE, ENOSPC, ESTALE, EDQUOT. */
    private static final Set<Integer> PASSING = Set.of(4, 5, 11, 12, 23, 24, 28, 116, 122);

    /** ENOSPC, EDQUOT. */
    private static final Set<Integer> OF_ROOM = Set.of(28, 122);

    private final int code;

    public EngineException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** A file that the engine needs could not be read or written. */
    public EngineException(String what, IOException cause) {
        super(message(what, cause), cause);
        this.code = 0;
    }

    /** The message of a damaged document is complete; that of any other error may be only a file's name. */
    private static String message(String what, IOException cause) {
        return cause instanceof DocumentException ? String.valueOf(cause.getMessage()) : what + ": " + cause;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** Whether a file could not be read or written, for example because the disk is full. */
    public boolean isOfStorage() {
        return getCause() instanceof IOException || OF_STORAGE.contains(code);
    }

    /**
     * Whether the cause may be gone at the next try: no space, memory or descriptors, or a disk that does not answer.
     */
    public boolean isPassing() {
        return PASSING.contains(code);
    }

    /** Whether a disk was full, for which no image is to blame. */
    public boolean isOfRoom() {
        return OF_ROOM.contains(code);
    }

    /** An errno, or one of the codes of {@code cairn.h} (1000 and above). */
    public int code() {
        return code;
    }
}
