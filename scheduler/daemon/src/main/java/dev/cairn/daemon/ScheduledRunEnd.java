package dev.cairn.daemon;

import dev.cairn.schedule.TickState;

/** What came of running the run of a tick, as far as this daemon is concerned. */
sealed interface ScheduledRunEnd {
    /** The run has ended, or cannot be run at all. */
    record Final(TickState state, String detail) implements ScheduledRunEnd {}

    /** It was checkpointed and stopped as was wanted. */
    record Stopped() implements ScheduledRunEnd {}

    /** It has started or resumed. */
    record Begun(String runId) implements ScheduledRunEnd {}

    /** Another process owns it, or it is paused: check it again later. */
    record Elsewhere(String why) implements ScheduledRunEnd {}

    /** A user stopped it, so it is not resumed before the next start of a daemon. */
    record LeftAlone(String why) implements ScheduledRunEnd {}

    /** Trouble that may pass, such as a full disk. */
    record Trouble(String why) implements ScheduledRunEnd {}
}
