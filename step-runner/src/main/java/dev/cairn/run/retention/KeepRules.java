package dev.cairn.run.retention;

import dev.cairn.run.manifest.RunManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Which runs that have ended go as a whole; one that has not ended never does. Immutable.
 *
 * @param age how long they stay after their end
 * @param runs how many of each name stay, the newest
 * @param bytes how much those that stay may take together; the oldest go first
 * @param ofThese only these are touched
 */
public record KeepRules(Optional<Duration> age, OptionalInt runs, OptionalLong bytes, Predicate<RunManifest> ofThese) {
    public KeepRules of(Predicate<RunManifest> these) {
        return new KeepRules(age, runs, bytes, these);
    }

    /** Whether there is a run that would go. */
    public boolean areAny() {
        return age.isPresent() || runs.isPresent() || bytes.isPresent();
    }
}
