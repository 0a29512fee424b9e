package dev.cairn.workflow.spec;

import java.time.Duration;

/** How often a step is checkpointed. */
public sealed interface Every {

    /** The optimum of Young and Daly, from the measured cost of this step's checkpoints. */
    record Auto() implements Every {}

    record Interval(Duration length) implements Every {}

    /** Checkpoints only on request, on preemption and before the timeout. */
    record OnRequest() implements Every {}
}
