package dev.cairn.workflow.cron;

import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The numbers that a part of a field names: {@code *}, {@code 5}, {@code 1-5}, {@code MON-FRI}, each with {@code /step}. */
final class Values {

    private static final Pattern PART = Pattern.compile("(\\*|\\?|\\w+)(?:-(\\w+))?(?:/(\\d{1,4}))?");

    private Values() {}

    /**
     * @param part in upper case
     * @return empty if it is not of this form, or names a value that the unit does not have
     */
    static Optional<BitSet> of(String part, Unit unit) {
        Matcher matcher = PART.matcher(part);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String from = matcher.group(1);
        String to = matcher.group(2);
        int step = matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3));
        if (step == 0) {
            return Optional.empty();
        }
        if (from.equals("*") || from.equals("?")) {
            boolean isDay = unit.equals(Unit.DAY) || unit.name().equals(Unit.WEEKDAY.name());
            return to != null || from.equals("?") && !isDay
                    ? Optional.empty()
                    : Optional.of(range(unit.least(), unit.most(), step, unit));
        }
        int first = unit.value(from);
        int last = to != null ? unit.value(to) : matcher.group(3) != null ? unit.most() : first;
        return first < 0 || last < 0 ? Optional.empty() : Optional.of(range(first, last, step, unit));
    }

    /** A range may pass the end of the unit, as in {@code FRI-MON} and {@code 22-2}. */
    private static BitSet range(int first, int last, int step, Unit unit) {
        BitSet values = new BitSet();
        int size = unit.most() - unit.least() + 1;
        int end = last < first ? last + size : last;
        for (int value = first; value <= end; value += step) {
            values.set((value - unit.least()) % size + unit.least());
        }
        return values;
    }
}
