package dev.cairn.workflow.cron;

import java.time.YearMonth;
import java.util.BitSet;
import java.util.List;

/**
 * The days of a month that the two day fields name together; immutable. If both fields are restricted, a day that
 * matches either counts, as in crontab(5).
 *
 * @param ofMonth empty if the field is {@code *} or {@code ?}
 * @param ofWeek empty if the field is {@code *} or {@code ?}
 */
record DayRule(List<Days> ofMonth, List<Days> ofWeek) {

    DayRule {
        ofMonth = List.copyOf(ofMonth);
        ofWeek = List.copyOf(ofWeek);
    }

    BitSet in(YearMonth month) {
        BitSet days = new BitSet();
        if (ofMonth.isEmpty() && ofWeek.isEmpty()) {
            days.set(1, month.lengthOfMonth() + 1);
        }
        ofMonth.forEach(rule -> rule.addTo(days, month));
        ofWeek.forEach(rule -> rule.addTo(days, month));
        return days;
    }
}
