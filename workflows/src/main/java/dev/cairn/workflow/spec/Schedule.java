package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.value.Durations;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When a workflow starts by itself; immutable.
 *
 * @param zone empty for the daemon's own
 * @param missed what happens to times that passed while no daemon ran
 * @param start no time before it, in {@code zone}
 * @param end no time after it, in {@code zone}
 * @param jitter each start is later by a random time up to this
 * @param inputs for the runs; they may refer to {@code schedule.time}, {@code schedule.date}
 */
public record Schedule(
        Place place,
        Timing timing,
        Optional<ZoneId> zone,
        Missed missed,
        Optional<LocalDateTime> start,
        Optional<LocalDateTime> end,
        Duration jitter,
        Map<String, Template> inputs) {

    public Schedule {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    }

    /** The times; as text what the file says. */
    public sealed interface Timing {
        /** @param expression of five fields, or of Quartz's six or seven */
        record Cron(String expression) implements Timing {
            @Override
            public String toString() {
                return expression;
            }
        }

        record Every(Duration length) implements Timing {
            @Override
            public String toString() {
                return "every " + Durations.format(length);
            }
        }
    }

    /** In the file in lower case. */
    public enum Missed {
        /** One run for the last of them. */
        LAST,
        /** Starts a run for each. */
        ALL,
        SKIP
    }
}
