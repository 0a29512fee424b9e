package dev.cairn.cli.shared;

import dev.cairn.run.retention.KeepRules;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long the daemon keeps the ended runs of its schedules. */
public final class KeepOptions {
    @Option(
            names = "--keep-for",
            paramLabel = "AGE",
            description = "Removes ended runs of schedules after this time, e.g. 30d.")
    private @Nullable String age;

    @Option(
            names = "--keep-runs",
            paramLabel = "N",
            description = "Keeps only the newest N ended runs of each schedule's workflow.")
    private @Nullable Integer runs;

    @Option(
            names = "--keep-bytes",
            paramLabel = "SIZE",
            description = "Limits the size of ended runs of schedules in each home, e.g. 10G.")
    private @Nullable String bytes;

    public KeepRules rules() throws CliException {
        return rules(age, runs, bytes);
    }

    /** The given options, to pass them on to another command line. */
    public List<String> given() {
        List<String> given = new ArrayList<>();
        if (age != null) {
            given.addAll(List.of("--keep-for", age));
        }
        if (runs != null) {
            given.addAll(List.of("--keep-runs", runs.toString()));
        }
        if (bytes != null) {
            given.addAll(List.of("--keep-bytes", bytes));
        }
        return given;
    }

    public static KeepRules rules(@Nullable String age, @Nullable Integer runs, @Nullable String bytes)
            throws CliException {
        Optional<Duration> longest = age == null ? Optional.empty() : Durations.parse(age);
        if (age != null && longest.isEmpty()) {
            throw new CliException(ExitCode.USAGE, age + ": not an age such as 12h or 30d");
        }
        Optional<Long> most = bytes == null ? Optional.empty() : Sizes.parse(bytes);
        if (bytes != null && most.isEmpty()) {
            throw new CliException(ExitCode.USAGE, bytes + ": not a size such as 512M or 10G");
        }
        if (runs != null && runs < 0) {
            throw new CliException(ExitCode.USAGE, runs + ": not a number of runs");
        }
        return new KeepRules(
                longest,
                runs == null ? OptionalInt.empty() : OptionalInt.of(runs),
                most.map(OptionalLong::of).orElseGet(OptionalLong::empty),
                run -> true);
    }
}
