package dev.cairn.cli.shared;

import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.stream.Stream;

/**
 * Handles a part of Cairn or Java that cannot be loaded: its file cannot be read, or was replaced while the program
 * runs.
 */
public final class Unloadable {
    private Unloadable() {}

    /** The message for a failure of such a part; empty for other failures. */
    public static Optional<String> message(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .filter(cause -> cause instanceof LinkageError || cause instanceof ServiceConfigurationError)
                .findFirst()
                .map(cause ->
                        "a part of Cairn could not be loaded, since its files could not be read or were replaced: "
                                + cause + ". Running steps keep running; repeat the command");
    }

    /**
     * Ends the process when a thread cannot load such a part. Otherwise the thread pool would start another thread with
     * the same failure, and the run would have no heartbeat.
     */
    public static void endProcess(Console console) {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            Optional<String> message = message(failure);
            if (message.isPresent()) {
                console.say("cairn: " + message.get());
                Runtime.getRuntime().halt(ExitCode.IO);
            }
            console.err().print("Exception in thread \"" + thread.getName() + "\" "); // as Java says it
            failure.printStackTrace(console.err());
        });
    }
}
