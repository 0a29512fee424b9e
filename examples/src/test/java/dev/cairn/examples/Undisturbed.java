package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * An example that was left alone: what all others are held to.
 *
 * @param run the finished run's folder
 */
record Undisturbed(Path run, Duration took) {
    private static final Map<Example, Undisturbed> DONE = new HashMap<>();

    /** Runs the example, once for all tests. */
    static synchronized Undisturbed of(Example example) throws IOException, InterruptedException {
        Undisturbed done = DONE.get(example);
        if (done == null) {
            done = run(example);
            DONE.put(example, done);
        }
        return done;
    }

    String stdout(String step) throws IOException {
        return Files.readString(run.resolve("steps").resolve(step).resolve("stdout.log"));
    }

    private static Undisturbed run(Example example) throws IOException, InterruptedException {
        try (Cairn cairn = Cairn.in(Rooms.next(example.name()), example.folder(), Caller.SELF)
                .with(example.variables())) {
            long start = System.nanoTime();
            int code = cairn.run("run", "flow.yaml");
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            if (code != 0) {
                throw new AssertionError(example + " ended with " + code + "; Cairn said:\n" + cairn.said());
            }
            return new Undisturbed(cairn.runs().get(0), took);
        }
    }
}
