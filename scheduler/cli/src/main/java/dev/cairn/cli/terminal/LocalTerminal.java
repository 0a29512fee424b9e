package dev.cairn.cli.terminal;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The terminal from which this process was started. It is controlled by {@code stty}, which every host has. JLine runs
 * {@code stty} too on Java 17, or unpacks a native library into the temporary folder at each start, which fails if that
 * is mounted {@code noexec}.
 */
public final class LocalTerminal {
    private static final File DEVICE = new File("/dev/tty");

    /** Its size in characters. */
    public record Size(int rows, int columns) {
        /** The traditional size, if the terminal reports none. */
        static final Size USUAL = new Size(24, 80);
    }

    private LocalTerminal() {}

    /** The terminal's present size; the traditional one if it reports none. */
    public static Size size() {
        try {
            String[] words = stty("size").split(" ");
            Size size = new Size(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
            return size.rows() > 0 && size.columns() > 0 ? size : Size.USUAL;
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException unknown) {
            return Size.USUAL;
        }
    }

    /** The terminal's size, read again only when it changes. */
    public static Supplier<Size> watchedSize() {
        AtomicReference<Size> size = new AtomicReference<>(size());
        Signals.onResize(() -> size.set(size()));
        return size::get;
    }

    /**
     * Passes every key to this process as it is typed, including Ctrl-C, until the returned object is closed. The
     * terminal's settings are also restored when the process exits.
     *
     * @param out the stream that shows on the terminal
     */
    public static Raw raw(OutputStream out) throws IOException {
        Raw raw = new Raw(stty("-g"), new Screen(out));
        stty("raw", "-echo");
        return raw;
    }

    /** The terminal while it is raw. Closing it restores the settings; closing it again does no harm. */
    public static final class Raw implements AutoCloseable {
        private final String settings;
        private final Screen screen;
        private final Thread atExit = new Thread(this::restore, "restore-terminal");

        private Raw(String settings, Screen screen) {
            this.settings = settings;
            this.screen = screen;
            Runtime.getRuntime().addShutdownHook(atExit);
        }

        /** Prepares the terminal to show the output of a step's own terminal. */
        public Screen screen() {
            return screen;
        }

        @Override
        public void close() {
            restore();
        }

        private void restore() {
            try {
                screen.giveBack();
                stty(settings);
            } catch (IOException terminalHasGone) {
                // then there are no settings to restore
            }
        }
    }

    private static String stty(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectInput(Redirect.from(DEVICE))
                .redirectError(Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(
                        "stty " + String.join(" ", arguments) + ": failed with exit code " + process.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for stty", e);
        }
        return output;
    }
}
