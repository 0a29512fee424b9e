package dev.cairn.examples;

import dev.cairn.run.Cairn;
import java.nio.file.Path;
import java.time.Duration;

/** Counts in the given folder. Killed and started again, it resumes from the last checkpoint. */
public final class Embedding {
    private Embedding() {}

    public static void main(String[] args) throws Exception {
        try (Cairn cairn = Cairn.open(Path.of(args[0]))) {
            cairn.exec("python3", "count.py", "40")
                    .named("count")
                    .every(Duration.ofSeconds(1))
                    .run(System.out::println)
                    .orThrow();
        }
    }
}
