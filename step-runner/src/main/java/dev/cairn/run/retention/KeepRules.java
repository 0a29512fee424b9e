package dev.cairn.run.retention;

import dev.cairn.run.manifest.RunManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Which ended runs are removed; an unfinished run never is. Immutable.
 *
 * @param age how long a run stays after its end
 * @param runs how many runs of each name stay, the newest
 * @param bytes how much the remaining runs may take together; the oldest are removed first
 * @param ofThese the only runs to which the rules apply
 */
public record KeepRules(Optional<Duration> age, OptionalInt runs, OptionalLong bytes, Predicate<RunManifest> ofThese) {
    public KeepRules of(Predicate<RunManifest> these) {
        return new KeepRules(age, runs, bytes, these);
    }

    /** Whether the rules could remove any run. */
    public boolean areAny() {
        return age.isPresent() || runs.isPresent() || bytes.isPresent();
    }
}
