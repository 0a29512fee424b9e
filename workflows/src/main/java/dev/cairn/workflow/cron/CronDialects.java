package dev.cairn.workflow.cron;

/** Features of other cron programs that are not supported, and what to write instead. */
final class CronDialects {
    private CronDialects() {}

    /** @throws CronException naming what to write instead */
    static void check(String expression) throws CronException {
        if (expression.equals("@reboot")) {
            throw new CronException(
                    "@reboot is not a time. A systemd user unit or a line in crontab(5) runs a workflow when the host"
                            + " starts; 'missed' says what happens to times that passed while the daemon did not run");
        }
        if (expression.matches("(?s)(CRON_)?TZ=.*")) {
            throw new CronException("a time zone in the expression: write it beside it, as in timezone: "
                    + expression.substring(expression.indexOf('=') + 1).split("\\s+")[0]);
        }
    }

    /** The end of a message about a part that is no valid value. */
    static String hint(String part) {
        if (part.matches("H(/\\d+|\\(.*)?")) {
            return "; H is Jenkins' own: choose a value, or spread starts with jitter";
        }
        return part.matches("(?i)[A-Z0-9]+#\\d|[A-Z0-9-]*[LW]|LW")
                ? "; #, L and W are of Quartz's form, with seconds first: 0 0 9 ? * MON#1"
                : "";
    }
}
