package dev.cairn.trigger;

import dev.cairn.workflow.cron.FireTimes;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;
import org.quartz.Calendar;
import org.quartz.ScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.impl.triggers.AbstractTrigger;
import org.quartz.impl.triggers.CoreTrigger;
import org.quartz.spi.MutableTrigger;

/**
 * Fires at the times of a schedule. It is a trigger class of Cairn, because Quartz's {@code CronTrigger} skips or
 * repeats times when the clocks change, and reads neither five fields nor intervals from a start. For missed times it
 * fires once: the ledger shows which times they are.
 */
final class FireTimeTrigger extends AbstractTrigger<FireTimeTrigger> implements CoreTrigger {
    private static final long serialVersionUID = 1;

    private final String text;
    private final transient FireTimes times;
    private @Nullable Date start;
    private @Nullable Date next;
    private @Nullable Date previous;

    FireTimeTrigger(FireTimes times) {
        this.times = times;
        this.text = times.toText();
    }

    /** The times in the text form that {@link FireTimes#parse} reads. */
    String text() {
        return text;
    }

    @Override
    public @Nullable Date computeFirstFireTime(@Nullable Calendar none) {
        next = getFireTimeAfter(getStartTime());
        return next;
    }

    @Override
    public void triggered(@Nullable Calendar none) {
        previous = next;
        next = getFireTimeAfter(next);
    }

    @Override
    public void updateAfterMisfire(@Nullable Calendar none) {
        next = new Date();
    }

    @Override
    public void updateWithNewCalendar(@Nullable Calendar none, long misfireThreshold) {
        next = getFireTimeAfter(previous);
    }

    @Override
    public @Nullable Date getFireTimeAfter(@Nullable Date after) {
        Instant from = after == null ? Instant.now() : after.toInstant();
        return times.next(from).map(Date::from).orElse(null);
    }

    @Override
    public boolean mayFireAgain() {
        return next != null;
    }

    @Override
    public @Nullable Date getNextFireTime() {
        return next;
    }

    @Override
    public void setNextFireTime(@Nullable Date time) {
        next = time;
    }

    @Override
    public @Nullable Date getPreviousFireTime() {
        return previous;
    }

    @Override
    public void setPreviousFireTime(@Nullable Date time) {
        previous = time;
    }

    @Override
    public @Nullable Date getStartTime() {
        return start;
    }

    @Override
    public void setStartTime(@Nullable Date time) {
        start = time;
    }

    /** The schedule's own end is part of its times. */
    @Override
    public @Nullable Date getEndTime() {
        return null;
    }

    @Override
    public void setEndTime(@Nullable Date ignored) {
        // see getEndTime
    }

    @Override
    public @Nullable Date getFinalFireTime() {
        return null;
    }

    @Override
    protected boolean validateMisfireInstruction(int instruction) {
        return instruction == Trigger.MISFIRE_INSTRUCTION_SMART_POLICY;
    }

    @Override
    public ScheduleBuilder<FireTimeTrigger> getScheduleBuilder() {
        return builder(times);
    }

    static ScheduleBuilder<FireTimeTrigger> builder(FireTimes times) {
        return new ScheduleBuilder<>() {
            @Override
            protected MutableTrigger build() {
                return new FireTimeTrigger(times);
            }
        };
    }

    @Override
    public boolean hasAdditionalProperties() {
        return false;
    }
}
