package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.cron.Cron;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Schedule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of a {@code schedule}. */
final class ScheduleKeys {

    /** H is Jenkins' own. */
    private static final String CRON_FIELD = "(?!H)[0-9A-Za-z*?/,#-]+";

    private static final String CRON_PATTERN = "^\\s*(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|("
            + CRON_FIELD + "\\s+){4,6}" + CRON_FIELD + ")\\s*$";
    private static final Field<String> CRON = optional(
            "cron",
            Scalars.patterned(Scalars.text(), CRON_PATTERN),
            "Five fields as in crontab(5), or Quartz's six or seven, or @daily and its like.");
    private static final Field<Duration> EVERY =
            optional("every", Composites.positive(Scalars.duration()), "A fixed interval in place of cron.");
    private static final Field<String> TIMEZONE = optional(
            "timezone", Scalars.text(), "A time zone such as UTC or Europe/Berlin; by default that of the machine.");
    private static final Field<Schedule.Missed> MISSED = optional(
            "missed",
            Scalars.oneOf(Schedule.Missed.class),
            "What happens to times that passed while nothing could start; last if not given.");
    private static final Field<LocalDateTime> START = optional("start", time(), "No start before it.");
    private static final Field<LocalDateTime> END = optional("end", time(), "No start after it.");
    private static final Field<Duration> JITTER =
            optional("jitter", Scalars.duration(), "Each start is later by a random time up to this.");
    private static final Field<Map<String, Template>> INPUTS = optional(
            "inputs",
            Composites.mapOf(StrategyKeys.NAME, "a name", Scalars.template()),
            "Inputs of these runs; they can refer to schedule.time and schedule.date.");

    static final ObjectType<Schedule> TYPE = ObjectType.of(
                    "schedule", List.of(CRON, EVERY, TIMEZONE, MISSED, START, END, JITTER, INPUTS), ScheduleKeys::make)
            .constrained(Keywords.of(
                    "oneOf",
                    List.of(Keywords.of("required", List.of("cron")), Keywords.of("required", List.of("every")))));

    private ScheduleKeys() {}

    private static Schedule make(ReadFields fields, Problems problems) {
        if (fields.has(CRON) == fields.has(EVERY)) {
            problems.add(fields.place(), "a schedule has either \"cron\" or \"every\"");
        }
        fields.get(CRON).flatMap(Cron::problem).ifPresent(problem -> problems.add(fields.place(CRON), problem));
        if (fields.get(START).isPresent()
                && fields.get(END).filter(fields.get(START).get()::isAfter).isPresent()) {
            problems.add(fields.place(END), "ends before it starts");
        }
        return new Schedule(
                fields.place(),
                timing(fields),
                fields.get(TIMEZONE).flatMap(name -> zone(name, fields, problems)),
                fields.get(MISSED).orElse(Schedule.Missed.LAST),
                fields.get(START),
                fields.get(END),
                fields.get(JITTER).orElse(Duration.ZERO),
                fields.get(INPUTS).orElse(Map.of()));
    }

    private static Schedule.Timing timing(ReadFields fields) {
        return fields.get(EVERY)
                .<Schedule.Timing>map(Schedule.Timing.Every::new)
                .orElseGet(() -> new Schedule.Timing.Cron(fields.get(CRON).orElse("")));
    }

    private static Optional<ZoneId> zone(String name, ReadFields fields, Problems problems) {
        try {
            return Optional.of(ZoneId.of(name));
        } catch (DateTimeException e) {
            problems.add(
                    fields.place(TIMEZONE),
                    "unknown time zone \"" + name + "\"" + Nearest.hint(name, ZoneId.getAvailableZoneIds()));
            return Optional.empty();
        }
    }

    private static Type<LocalDateTime> time() {
        return Scalars.scalar(
                "a date such as 2024-12-31 or 2024-12-31T06:00",
                Keywords.of("type", "string", "pattern", "^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d)?)?$"),
                scalar -> time(scalar.text()));
    }

    private static Optional<LocalDateTime> time(String text) {
        try {
            return Optional.of(
                    text.contains("T")
                            ? LocalDateTime.parse(text)
                            : LocalDate.parse(text).atStartOfDay());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
