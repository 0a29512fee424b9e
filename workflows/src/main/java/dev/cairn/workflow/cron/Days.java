package dev.cairn.workflow.cron;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.temporal.TemporalAdjusters;
import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A rule that selects days of a month, for one of the two day fields of a cron expression. */
@FunctionalInterface
interface Days {

    /** Quartz: {@code L}, {@code L-3}, {@code LW}, {@code 15W}. */
    Pattern LAST_OR_NEAREST = Pattern.compile("L(?:-(\\d{1,2}))?|(LW)|(\\d{1,2})W");
    /** Quartz: {@code 6L}, {@code FRIL}, {@code 6#3}, {@code FRI#3}. */
    Pattern LAST_OR_NTH = Pattern.compile("(\\d|[A-Z]{3})(?:L|#([1-5]))");

    /** @param days days of the month, from 1; the bits of the selected ones are set */
    void addTo(BitSet days, YearMonth month);

    /** Days of the month by their numbers. */
    static Days ofMonth(BitSet numbers) {
        return (days, month) ->
                numbers.stream().filter(day -> day <= month.lengthOfMonth()).forEach(days::set);
    }

    /** Days of the week, by their numbers in the unit. */
    static Days ofWeek(BitSet numbers, Unit unit) {
        return (days, month) -> {
            for (int day = 1; day <= month.lengthOfMonth(); day++) {
                // both ways of counting begin with Sunday
                int weekday = month.atDay(day).getDayOfWeek().getValue() % 7 + unit.least();
                if (numbers.get(weekday)) {
                    days.set(day);
                }
            }
        };
    }

    /** Quartz's special days of the month. */
    static Optional<Days> specialOfMonth(String part) {
        Matcher matcher = LAST_OR_NEAREST.matcher(part);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        if (matcher.group(2) != null) {
            return Optional.of((days, month) -> days.set(nearestWorkday(month.atEndOfMonth())));
        }
        if (matcher.group(3) != null) {
            int wanted = Unit.DAY.value(matcher.group(3));
            return wanted < 0 ? Optional.empty() : Optional.of(nearestTo(wanted));
        }
        int before = matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1));
        return before > 30
                ? Optional.empty()
                : Optional.of((days, month) -> {
                    if (month.lengthOfMonth() > before) {
                        days.set(month.lengthOfMonth() - before);
                    }
                });
    }

    private static Days nearestTo(int wanted) {
        return (days, month) -> {
            if (month.isValidDay(wanted)) {
                days.set(nearestWorkday(month.atDay(wanted)));
            }
        };
    }

    /** Moves a day to the nearest one from Monday to Friday in the same month. */
    private static int nearestWorkday(LocalDate date) {
        int day = date.getDayOfMonth();
        if (date.getDayOfWeek() == DayOfWeek.SATURDAY) {
            return day == 1 ? 3 : day - 1;
        }
        if (date.getDayOfWeek() == DayOfWeek.SUNDAY) {
            return day == date.lengthOfMonth() ? day - 2 : day + 1;
        }
        return day;
    }

    /** Quartz's special days of the week. */
    static Optional<Days> specialOfWeek(String part, Unit unit) {
        if (part.equals("L")) {
            BitSet saturday = new BitSet();
            saturday.set(unit.most());
            return Optional.of(ofWeek(saturday, unit));
        }
        Matcher matcher = LAST_OR_NTH.matcher(part);
        int value = matcher.matches() ? unit.value(matcher.group(1)) : -1;
        if (value < 0) {
            return Optional.empty();
        }
        DayOfWeek weekday = DayOfWeek.of((value - unit.least() + 6) % 7 + 1);
        int ordinal = matcher.group(2) == null ? -1 : Integer.parseInt(matcher.group(2));
        return Optional.of((days, month) -> {
            LocalDate date = month.atDay(1).with(TemporalAdjusters.dayOfWeekInMonth(ordinal, weekday));
            if (YearMonth.from(date).equals(month)) {
                days.set(date.getDayOfMonth());
            }
        });
    }
}
