package dev.cairn.cli.ui;

import dev.cairn.files.DurableFiles;
import dev.cairn.schedule.store.StateFolder;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Opens the user's browser. Stateless; any thread. */
final class Browser {
    private static final String OPENER = "xdg-open";

    private Browser() {}

    /**
     * Opens an address that logs in. It stands in a file that only this user can read, since other users see the words of a command.
     *
     * @return false where no browser can be opened
     */
    static boolean open(StateFolder folder, String address, Map<String, String> environment) throws IOException {
        boolean screen = environment.containsKey("DISPLAY") || environment.containsKey("WAYLAND_DISPLAY");
        if (!screen) {
            return false;
        }
        Path page = folder.path().resolve("open.html");
        String html =
                "<!DOCTYPE html><title>Cairn</title><meta http-equiv=\"refresh\" content=\"0; url=" + address + "\">\n";
        DurableFiles.replace(page, html.getBytes(StandardCharsets.UTF_8));
        try {
            new ProcessBuilder(OPENER, page.toString())
                    .redirectInput(Redirect.from(new File("/dev/null")))
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start();
        } catch (IOException noOpener) {
            return false;
        }
        return true;
    }
}
