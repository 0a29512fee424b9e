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
 * When the daemon starts a workflow; immutable.
 *
 * @param zone empty for the daemon's zone
 * @param missed what happens to times that passed while no daemon ran
 * @param start the earliest time, in {@code zone}
 * @param end the latest time, in {@code zone}
 * @param jitter the maximum random delay of each start
 * @param inputs inputs of the runs, which may refer to {@code schedule.time}, {@code schedule.date}
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

    /** The times, as a cron expression or an interval; the text form is that of the file. */
    public sealed interface Timing {
        /** @param expression a cron expression with five fields, or Quartz's six or seven */
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

    /** What happens to missed times. The file has the names in lower case. */
    public enum Missed {
        /** Starts one run for the last missed time. */
        LAST,
        /** Starts a run for each missed time. */
        ALL,
        SKIP
    }
}
