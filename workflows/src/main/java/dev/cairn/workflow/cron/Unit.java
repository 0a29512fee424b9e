package dev.cairn.workflow.cron;

import java.util.List;

/**
 * The unit of a field of a cron expression; immutable.
 *
 * @param names names of the values, from {@code least} upward, in upper case
 */
record Unit(String name, int least, int most, List<String> names) {

    static final Unit SECOND = new Unit("second", 0, 59, List.of());
    static final Unit MINUTE = new Unit("minute", 0, 59, List.of());
    static final Unit HOUR = new Unit("hour", 0, 23, List.of());
    static final Unit DAY = new Unit("day of month", 1, 31, List.of());
    static final Unit MONTH = new Unit(
            "month",
            1,
            12,
            List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"));
    static final Unit YEAR = new Unit("year", 1970, 2199, List.of());

    private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    /** crontab(5): Sunday is 0, and 7 too. */
    static final Unit WEEKDAY = new Unit("day of week", 0, 6, DAYS);
    /** Quartz: Sunday is 1. */
    static final Unit QUARTZ_WEEKDAY = new Unit("day of week", 1, 7, DAYS);

    boolean isCrontabWeekday() {
        return equals(WEEKDAY);
    }

    /** The value of a text in upper case, or -1. */
    int value(String text) {
        if (!text.matches("\\d{1,4}")) {
            int index = names.indexOf(text);
            return index < 0 ? -1 : index + least;
        }
        int number = Integer.parseInt(text);
        boolean fits = least <= number && (number <= most || number == 7 && isCrontabWeekday());
        return fits ? number : -1;
    }
}
