package dev.cairn.workflow.cron;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.YearMonth;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.Optional;

/**
 * A cron expression: five fields as in crontab(5), a macro such as {@code @daily}, or Quartz's six or seven. It names
 * local times, which {@link FireTimes} converts to instants. Immutable.
 *
 * <p>Where cron programs differ, this class does what croniter does. If neither day of month nor day of week is {@code
 * *}, a day that matches either counts. {@code 5/15} continues to the end of the field. {@code FRI-MON} passes the end
 * of the week.
 */
public final class Cron {

    /** Two leap years are at most eight years apart (1896, 1904; 2096, 2104). */
    private static final int LONGEST_GAP_YEARS = 9;

    private final String text;
    private final CronParser.Fields fields;

    private Cron(String text, CronParser.Fields fields) {
        this.text = text;
        this.fields = fields;
    }

    /** @throws CronException if the text is no cron expression, or names no time at all, such as 30 February */
    public static Cron parse(String expression) throws CronException {
        Cron cron = new Cron(expression.strip(), new CronParser(expression).fields());
        if (!cron.everFires()) {
            throw new CronException("\"" + cron + "\" never comes: no such day is in those months"
                    + (cron.fields.years().isPresent() ? " and years" : ""));
        }
        return cron;
    }

    /** The reason why a text is no valid cron expression, for a person; empty if it is valid. */
    public static Optional<String> problem(String expression) {
        try {
            parse(expression);
            return Optional.empty();
        } catch (CronException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** The first named time that is not before this one; empty if its years are over. */
    public Optional<LocalDateTime> nextFrom(LocalDateTime earliest) {
        LocalDateTime from = earliest.truncatedTo(ChronoUnit.SECONDS);
        if (from.isBefore(earliest)) {
            from = from.plusSeconds(1);
        }
        Optional<LocalDate> date = nextDate(from.toLocalDate());
        if (date.isPresent() && date.get().equals(from.toLocalDate())) {
            Optional<LocalTime> time = nextTime(from.toLocalTime());
            if (time.isPresent()) {
                return Optional.of(date.get().atTime(time.get()));
            }
            date = nextDate(date.get().plusDays(1));
        }
        return date.flatMap(day -> nextTime(LocalTime.MIDNIGHT).map(day::atTime));
    }

    /** Whether the hour field begins with {@code *}. Such a line follows real time and names no hours of the clock. */
    boolean anyHour() {
        return fields.anyHour();
    }

    private boolean everFires() {
        return nextDate(LocalDate.of(
                        fields.years().map(set -> set.nextSetBit(0)).orElse(2000), 1, 1))
                .isPresent();
    }

    private Optional<LocalDate> nextDate(LocalDate from) {
        int lastYear =
                fields.years().map(BitSet::length).map(length -> length - 1).orElse(from.getYear() + LONGEST_GAP_YEARS);
        YearMonth month = YearMonth.from(from);
        int day = from.getDayOfMonth();
        while (month.getYear() <= lastYear) {
            if (isNamed(month)) {
                int found = fields.days().in(month).nextSetBit(day);
                if (found > 0) {
                    return Optional.of(month.atDay(found));
                }
            }
            month = month.plusMonths(1);
            day = 1;
        }
        return Optional.empty();
    }

    private boolean isNamed(YearMonth month) {
        return fields.months().get(month.getMonthValue())
                && fields.years().map(set -> set.get(month.getYear())).orElse(true);
    }

    private Optional<LocalTime> nextTime(LocalTime from) {
        for (int hour = fields.hours().nextSetBit(from.getHour());
                hour >= 0;
                hour = fields.hours().nextSetBit(hour + 1)) {
            boolean thisHour = hour == from.getHour();
            int minute = fields.minutes().nextSetBit(thisHour ? from.getMinute() : 0);
            while (minute >= 0) {
                boolean thisMinute = thisHour && minute == from.getMinute();
                int second = fields.seconds().nextSetBit(thisMinute ? from.getSecond() : 0);
                if (second >= 0) {
                    return Optional.of(LocalTime.of(hour, minute, second));
                }
                minute = fields.minutes().nextSetBit(minute + 1);
            }
        }
        return Optional.empty();
    }

    /** As it was given. */
    @Override
    public String toString() {
        return text;
    }
}
