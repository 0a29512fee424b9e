package dev.cairn.cli.shared;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command that starts this Cairn again, for a batch system on another host: the same launcher, or this Java with
 * its arguments.
 */
public final class SelfCommand {
    /** The class whose {@code main} starts the command line. A test compares it with the class itself. */
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
