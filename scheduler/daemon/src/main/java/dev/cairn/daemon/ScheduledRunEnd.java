package dev.cairn.daemon;

import dev.cairn.schedule.TickState;

/** What came of running the run of a tick, as far as this daemon is concerned. */
sealed interface ScheduledRunEnd {
    /** The run has ended, or cannot be run at all. */
    record Final(TickState state, String detail) implements ScheduledRunEnd {}

    /** It was checkpointed and stopped as was wanted. */
    record Stopped() implements ScheduledRunEnd {}

    /** It has begun, or goes on. */
    record Begun(String runId) implements ScheduledRunEnd {}

    /** Somebody else has it, or has paused it: to be looked at again. */
    record Elsewhere(String why) implements ScheduledRunEnd {}

    /** Somebody stopped it, and so it is not gone on with before the next start of a daemon. */
    record LeftAlone(String why) implements ScheduledRunEnd {}

    /** Trouble that may pass, such as a full disk. */
    record Trouble(String why) implements ScheduledRunEnd {}
}
