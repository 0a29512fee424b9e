package dev.cairn.daemon;

import dev.cairn.schedule.TickState;

/** The result of executing the run of a tick, as far as this daemon is concerned. */
sealed interface ScheduledRunEnd {
    /** The run has ended, or cannot be run at all. */
    record Final(TickState state, String detail) implements ScheduledRunEnd {}

    /** The run was checkpointed and stopped as requested. */
    record Stopped() implements ScheduledRunEnd {}

    /** The run has started or resumed. */
    record Begun(String runId) implements ScheduledRunEnd {}

    /** Another process owns the run, or it is paused: check it again later. */
    record Elsewhere(String why) implements ScheduledRunEnd {}

    /** A user stopped the run, so it is not resumed before the next start of a daemon. */
    record LeftAlone(String why) implements ScheduledRunEnd {}

    /** A temporary problem, such as a full disk. */
    record Trouble(String why) implements ScheduledRunEnd {}
}
