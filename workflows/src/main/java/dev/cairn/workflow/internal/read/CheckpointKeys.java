package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Checkpoint;
import dev.cairn.workflow.spec.Every;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import dev.cairn.workflow.value.Value;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys of {@code checkpoint}. */
final class CheckpointKeys {

    private static final int BEST_COMPRESSION = 19;

    private static final Field<Every> EVERY = optional(
            "every",
            Scalars.scalar(
                    "auto, never, or a duration such as 10m",
                    Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("enum", List.of("auto", "never")),
                                    Keywords.of("type", "string", "pattern", Durations.PATTERN))),
                    scalar -> every(scalar.text())),
            "How often; auto finds the best interval from what a checkpoint of this step costs, never leaves it to requests.");
    private static final Field<String> ENGINE = optional(
            "engine",
            Scalars.oneOf("native", "app", "dmtcp", "criu", "none"),
            "The engine that takes the checkpoints.");
    private static final Field<Boolean> REQUIRED =
            optional("required", Scalars.bool(), "Whether to refuse to start where the step cannot be checkpointed.");
    private static final Field<Duration> MTBF =
            optional("mtbf", Scalars.duration(), "Mean time between failures, for every: auto.");
    private static final Field<Duration> BEFORE_TIMEOUT =
            optional("before_timeout", Scalars.duration(), "A last checkpoint this long before the timeout.");
    private static final Field<Integer> KEEP =
            optional("keep", Scalars.integer(1, 1000), "How many images stay at least.");
    private static final Field<Integer> COMPRESSION = optional(
            "compression",
            Scalars.scalar(
                    "none, zstd, or a level from 0 to " + BEST_COMPRESSION,
                    Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("enum", List.of("none", "zstd")),
                                    Keywords.of("type", "integer", "minimum", 0, "maximum", BEST_COMPRESSION))),
                    scalar -> compression(scalar.value())),
            "How images are compressed: none, zstd, or a zstd level.");
    private static final Field<Long> MIN_FREE =
            optional("min_free", Scalars.size(), "No checkpoint when less than this is free on the disk.");
    private static final Field<Boolean> KEEP_BINARIES = optional(
            "keep_binaries", Scalars.bool(), "Whether mapped programs and libraries are kept with the images.");
    private static final Field<Long> JOURNAL = optional(
            "journal",
            Scalars.scalar(
                    "off, or a size such as 4G",
                    Keywords.of(
                            "anyOf",
                            List.of(
                                    Keywords.of("enum", List.of("off")),
                                    Keywords.of("type", "string", "pattern", Sizes.PATTERN))),
                    scalar -> journal(scalar.text())),
            "Whether a resume undoes every change of files that the step made since the image: how much may be kept for that, or off.");
    private static final Field<Boolean> IO_URING = optional(
            "io_uring",
            Scalars.scalar(
                    "deny or allow", Keywords.of("enum", List.of("deny", "allow")), scalar -> ioUring(scalar.text())),
            "Whether the program may use io_uring, with which it cannot be checkpointed.");
    private static final Field<String> SIGNAL = optional(
            "signal",
            Scalars.oneOf("HUP", "INT", "USR1", "USR2", "TERM", "CONT"),
            "engine app: the signal that asks the program to save itself.");
    private static final Field<List<String>> FILES =
            optional("files", Composites.listOf(Scalars.text()), "engine app: the files the program saves itself to.");
    private static final Field<Template> RESUME_RUN = optional(
            "resume_run",
            Scalars.template(),
            "engine app: the command that resumes from those files, in place of run.");
    private static final Field<Duration> SETTLE = optional(
            "settle", Scalars.duration(), "engine app: for how long the files must be unchanged to count as saved.");

    static final ObjectType<Checkpoint> TYPE = ObjectType.of(
            "checkpoint",
            List.of(
                    EVERY,
                    KEEP,
                    ENGINE,
                    REQUIRED,
                    BEFORE_TIMEOUT,
                    COMPRESSION,
                    MIN_FREE,
                    MTBF,
                    KEEP_BINARIES,
                    JOURNAL,
                    IO_URING,
                    SIGNAL,
                    FILES,
                    RESUME_RUN,
                    SETTLE),
            CheckpointKeys::make);

    private CheckpointKeys() {}

    private static Checkpoint make(ReadFields fields, Problems problems) {
        return new Checkpoint(
                Optional.of(fields.place()),
                fields.get(ENGINE),
                fields.get(REQUIRED),
                fields.get(EVERY),
                fields.get(MTBF),
                fields.get(BEFORE_TIMEOUT),
                new Checkpoint.Storage(
                        fields.get(KEEP),
                        fields.get(COMPRESSION),
                        fields.get(MIN_FREE),
                        fields.get(KEEP_BINARIES),
                        fields.get(JOURNAL),
                        fields.get(IO_URING)),
                new Checkpoint.App(fields.get(SIGNAL), fields.get(FILES), fields.get(RESUME_RUN), fields.get(SETTLE)));
    }

    private static Optional<Every> every(String text) {
        return switch (text) {
            case "auto" -> Optional.of(new Every.Auto());
            case "never" -> Optional.of(new Every.OnRequest());
            default -> Durations.parse(text).filter(length -> !length.isZero()).map(Every.Interval::new);
        };
    }

    private static Optional<Long> journal(String text) {
        return text.equals("off") ? Optional.of(0L) : Sizes.parse(text).filter(bytes -> bytes > 0);
    }

    private static Optional<Boolean> ioUring(String text) {
        return switch (text) {
            case "deny" -> Optional.of(false);
            case "allow" -> Optional.of(true);
            default -> Optional.empty();
        };
    }

    private static Optional<Integer> compression(Value value) {
        if (value instanceof Value.Number) {
            return value.text().matches("1?\\d") ? Optional.of(Integer.valueOf(value.text())) : Optional.empty();
        }
        return switch (value.text()) {
            case "none" -> Optional.of(0);
            case "zstd" -> Optional.of(1);
            default -> Optional.empty();
        };
    }
}
