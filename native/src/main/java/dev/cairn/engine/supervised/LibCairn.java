package dev.cairn.engine.supervised;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import com.sun.jna.ptr.PointerByReference;
import dev.cairn.engine.EngineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls {@code cairn.h}, function by function. Loaded once per JVM; thread-safe as the header says. */
final class LibCairn {
    private LibCairn() {}

    /** Loads the library. The first library that is loaded stays for the life of the JVM. */
    static void bind(Path library) throws EngineException {
        try {
            Bound.to(library);
        } catch (UnsatisfiedLinkError e) {
            throw new EngineException(
                    0,
                    library + " cannot be loaded: " + e.getMessage()
                            + ". If its file system is mounted noexec, set -Dcairn.native.dir to a folder on one that is not");
        }
    }

    private static final class Bound {
        private static boolean done;

        static synchronized void to(Path library) {
            if (!done) {
                Native.register(
                        LibCairn.class,
                        NativeLibrary.getInstance(library.toString(), Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
                done = true;
            }
        }
    }

    /** {@code cairn_error}. For one thread and one call. */
    @FieldOrder({"code", "message"})
    public static final class CairnError extends Structure {
        public int code;
        public byte[] message = new byte[1000];

        EngineException toException() {
            int length = 0;
            while (length < message.length && message[length] != 0) {
                length++;
            }
            return new EngineException(code, new String(message, 0, length, StandardCharsets.UTF_8));
        }
    }

    /** Checks the result of a function: returns it if it is not negative, else throws. */
    static int check(int result, CairnError error) throws EngineException {
        if (result < 0) {
            throw error.toException();
        }
        return result;
    }

    /** Takes over a text that the library allocated. */
    static String take(PointerByReference text) {
        Pointer pointer = text.getValue();
        try {
            return pointer.getString(0, "UTF-8");
        } finally {
            cairn_free(pointer);
        }
    }

    static native void cairn_free(Pointer p);

    static native int cairn_start(
            String supervisor,
            String attemptDir,
            byte[] environment,
            long environmentLength,
            PointerByReference out,
            CairnError error);

    static native int cairn_attach(String attemptDir, PointerByReference out, CairnError error);

    static native void cairn_step_free(Pointer step);

    static native long cairn_step_pid(Pointer step);

    static native long cairn_step_start_time(Pointer step);

    static native int cairn_step_request(
            Pointer step, String json, int timeoutMs, PointerByReference answer, CairnError error);

    static native int cairn_step_wait(Pointer step, int timeoutMs, @Nullable CairnError error);

    static native int cairn_terminal_open(Pointer step, PointerByReference out, CairnError error);

    static native int cairn_terminal_read(Pointer terminal, byte[] buffer, int length, CairnError error);

    static native int cairn_terminal_write(Pointer terminal, byte[] buffer, int length, CairnError error);

    static native void cairn_terminal_close(Pointer terminal);

    static native void cairn_terminal_free(Pointer terminal);

    static native int cairn_image_check(String path, CairnError error);

    static native int cairn_image_verify(String path, CairnError error);

    static native int cairn_image_describe(String path, PointerByReference json, CairnError error);

    static native int cairn_host_report(PointerByReference json, CairnError error);
}
