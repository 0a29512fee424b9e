package dev.cairn.examples;

import java.util.concurrent.ThreadLocalRandom;

/** Where random moments come from. */
final class Seed {
    private Seed() {}

    /** {@code -Dcairn.seed=N}, else a new one; the test that uses it prints it. */
    static long next() {
        return Long.getLong("cairn.seed", ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
    }
}
