package dev.cairn.cli.shared;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that every command has. */
public final class GlobalOptions {

    /** Whether output is coloured. */
    enum Color {
        auto,
        always,
        never
    }

    @Option(
            names = "--home",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description =
                    "The folder with the runs; by default $CAIRN_HOME, else the nearest .cairn in this folder or above.")
    @Nullable
    Path home;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            scope = ScopeType.INHERIT,
            defaultValue = "auto",
            description = "auto, always or never.")
    Color color = Color.auto;

    @Option(names = "--stacktrace", scope = ScopeType.INHERIT, description = "Prints the stack trace of an error.")
    boolean stacktrace;

    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            usageHelp = true,
            description = "This help.")
    boolean help;

    /** Whether a stream gets colours, depending on whether it is a terminal; see the convention of {@code NO_COLOR}. */
    boolean colored(boolean terminal, Map<String, String> environment) {
        return switch (color) {
            case always -> true;
            case never -> false;
            case auto ->
                terminal
                        && environment.getOrDefault("NO_COLOR", "").isEmpty()
                        && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        };
    }
}
