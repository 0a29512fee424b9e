package dev.cairn.cli.shared;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this Cairn is started again, by a batch system on another host: by the same launcher, or as this Java was. */
public final class SelfCommand {
    /** The class whose {@code main} starts the command line; a test holds it against the class itself. */
    public static final String MAIN = "dev.cairn.cli.Main";

    /** Set by the launcher. */
    private static final String LAUNCHER = "cairn.launcher";

    private SelfCommand() {}

    public static List<String> words() {
        String launcher = System.getProperty(LAUNCHER);
        if (launcher != null) {
            return List.of(launcher);
        }
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        return words;
    }
}
