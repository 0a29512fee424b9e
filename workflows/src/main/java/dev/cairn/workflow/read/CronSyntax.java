package dev.cairn.workflow.read;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a cron expression is one: fields, ranges and names. What times it means is the scheduler's knowledge. */
final class CronSyntax {

    private static final Set<String> MACROS =
            Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");
    private static final List<String> MONTHS =
            List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    private static final Pattern PART = Pattern.compile("(\\*|\\?|\\w+)(?:-(\\w+))?(?:/(\\d{1,4}))?");
    /** Quartz: L, LW, 15W, L-3, 6L, 6#3. */
    private static final Pattern SPECIAL_DAY = Pattern.compile("L(-\\d{1,2})?|LW|\\d{1,2}W|(\\d|[A-Z]{3})(L|#[1-5])");

    private record Kind(String name, int least, int most, List<String> names) {}

    private static final Kind SECOND = new Kind("second", 0, 59, List.of());
    private static final Kind MINUTE = new Kind("minute", 0, 59, List.of());
    private static final Kind HOUR = new Kind("hour", 0, 23, List.of());
    private static final Kind DAY = new Kind("day of month", 1, 31, List.of());
    private static final Kind MONTH = new Kind("month", 1, 12, MONTHS);
    private static final Kind WEEKDAY = new Kind("day of week", 0, 7, DAYS);
    private static final Kind YEAR = new Kind("year", 1970, 2199, List.of());

    private static final List<Kind> CRONTAB = List.of(MINUTE, HOUR, DAY, MONTH, WEEKDAY);
    private static final List<Kind> QUARTZ = List.of(SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR);

    private CronSyntax() {}

    /** What is wrong with it; empty when nothing is. */
    static Optional<String> problem(String expression) {
        String text = expression.strip();
        if (MACROS.contains(text)) {
            return Optional.empty();
        }
        String[] fields = text.split("\\s+");
        if (fields.length < 5 || fields.length > 7) {
            return Optional.of("a cron expression has 5 fields (minute, hour, day, month, weekday), or 6 or 7 with"
                    + " seconds first as in Quartz; this one has " + (text.isEmpty() ? 0 : fields.length));
        }
        List<Kind> kinds = fields.length == 5 ? CRONTAB : QUARTZ;
        for (int i = 0; i < fields.length; i++) {
            for (String part : fields[i].split(",", -1)) {
                if (!fits(part.toUpperCase(Locale.ROOT), kinds.get(i), fields.length > 5)) {
                    return Optional.of(
                            "\"" + part + "\" is not a " + kinds.get(i).name() + " of a cron expression");
                }
            }
        }
        return Optional.empty();
    }

    private static boolean fits(String part, Kind kind, boolean quartz) {
        Matcher matcher = PART.matcher(part);
        if (!matcher.matches()) {
            return quartz && isDay(kind) && SPECIAL_DAY.matcher(part).matches();
        }
        String from = matcher.group(1);
        String to = matcher.group(2);
        String step = matcher.group(3);
        if (step != null && Integer.parseInt(step) == 0) {
            return false;
        }
        if (from.equals("*") || from.equals("?")) {
            return to == null && (from.equals("*") || isDay(kind));
        }
        return isIn(from, kind) && (to == null || isIn(to, kind))
                || quartz && isDay(kind) && SPECIAL_DAY.matcher(part).matches();
    }

    private static boolean isDay(Kind kind) {
        return kind.equals(DAY) || kind.equals(WEEKDAY);
    }

    private static boolean isIn(String text, Kind kind) {
        if (!text.matches("\\d{1,4}")) {
            return kind.names().contains(text);
        }
        int number = Integer.parseInt(text);
        return kind.least() <= number && number <= kind.most();
    }
}
