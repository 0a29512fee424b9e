package dev.cairn.workflow.cron;

import dev.cairn.workflow.problem.Nearest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the fields of a cron expression. Confined to one thread. */
final class CronParser {

    private static final Map<String, String> MACROS = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    private final String[] fields;
    private final boolean quartz;

    CronParser(String expression) throws CronException {
        String text = expression.strip();
        CronDialects.check(text);
        if (text.startsWith("@") && !MACROS.containsKey(text)) {
            throw new CronException("there is no \"" + text + "\"" + Nearest.hint(text, MACROS.keySet()));
        }
        this.fields = MACROS.getOrDefault(text, text).split("\\s+");
        this.quartz = fields.length > 5;
        if (fields.length < 5 || fields.length > 7) {
            throw new CronException("a cron expression has 5 fields (minute, hour, day, month, weekday), or 6 or 7 with"
                    + " seconds first as in Quartz; this one has " + (text.isEmpty() ? 0 : fields.length));
        }
    }

    /**
     * The values that the fields of an expression name.
     *
     * @param anyHour whether the hour field begins with {@code *}
     * @param years empty for all
     */
    record Fields(
            BitSet seconds,
            BitSet minutes,
            BitSet hours,
            boolean anyHour,
            DayRule days,
            BitSet months,
            Optional<BitSet> years) {}

    Fields fields() throws CronException {
        int minute = quartz ? 1 : 0;
        BitSet seconds = new BitSet();
        seconds.set(0);
        return new Fields(
                quartz ? values(0, Unit.SECOND) : seconds,
                values(minute, Unit.MINUTE),
                values(minute + 1, Unit.HOUR),
                fields[minute + 1].startsWith("*"),
                dayRule(minute + 2),
                values(minute + 3, Unit.MONTH),
                fields.length == 7 ? Optional.of(values(6, Unit.YEAR)) : Optional.empty());
    }

    private DayRule dayRule(int dayField) throws CronException {
        int weekdayField = dayField + 2;
        Unit weekday = quartz ? Unit.QUARTZ_WEEKDAY : Unit.WEEKDAY;
        // in this order, so that the first of several mistakes is reported
        List<Days> ofMonth = isAny(dayField) ? List.of() : ofMonth(dayField);
        values(dayField + 1, Unit.MONTH);
        List<Days> ofWeek = isAny(weekdayField) ? List.of() : ofWeek(weekdayField, weekday);
        if (quartz && !ofMonth.isEmpty() && !ofWeek.isEmpty()) {
            throw new CronException("in Quartz's form only one of day of month and day of week can be restricted; the"
                    + " other is ?. Five fields take both: a day that either names");
        }
        return new DayRule(ofMonth, ofWeek);
    }

    private boolean isAny(int field) {
        return fields[field].equals("*") || fields[field].equals("?");
    }

    private List<Days> ofMonth(int field) throws CronException {
        List<Days> days = new ArrayList<>();
        for (String part : parts(field)) {
            Optional<Days> special = quartz ? Days.specialOfMonth(upper(part)) : Optional.empty();
            days.add(special.isPresent() ? special.get() : Days.ofMonth(values(part, Unit.DAY)));
        }
        return days;
    }

    private List<Days> ofWeek(int field, Unit unit) throws CronException {
        List<Days> days = new ArrayList<>();
        for (String part : parts(field)) {
            Optional<Days> special = quartz ? Days.specialOfWeek(upper(part), unit) : Optional.empty();
            days.add(special.isPresent() ? special.get() : Days.ofWeek(values(part, unit), unit));
        }
        return days;
    }

    private BitSet values(int field, Unit unit) throws CronException {
        BitSet values = new BitSet();
        for (String part : parts(field)) {
            values.or(values(part, unit));
        }
        return values;
    }

    private static BitSet values(String part, Unit unit) throws CronException {
        return Values.of(upper(part), unit)
                .orElseThrow(() -> new CronException("\"" + part + "\" is not a " + unit.name()
                        + " of a cron expression" + CronDialects.hint(part)));
    }

    private String[] parts(int field) {
        return fields[field].split(",", -1);
    }

    private static String upper(String part) {
        return part.toUpperCase(Locale.ROOT);
    }
}
