package dev.cairn.workflow.plan;

import java.util.List;

/** Names within the contexts that Cairn fills. Every class that fills them uses these constants. */
public final class RunNames {

    /** {@code run.id}, {@code run.dir}. */
    public static final List<String> RUN = List.of("id", "dir");

    /** {@code workflow.name}, {@code workflow.file}, {@code workflow.dir}. */
    public static final List<String> WORKFLOW = List.of("name", "file", "dir");

    /** {@code step.id}, {@code step.index} (from 1), {@code step.count}. */
    public static final List<String> STEP = List.of("id", "index", "count");

    /**
     * {@code step.id}, {@code step.index}, {@code step.count} and {@code step.attempt}, for the expressions of a step's
     * limits.
     */
    public static final List<String> STEP_AND_ATTEMPT = List.of("id", "index", "count", "attempt");

    /** {@code steps.ID.status}, {@code steps.ID.outputs.NAME}. */
    public static final List<String> RESULT = List.of("status", "outputs");

    /** {@code schedule.time} (ISO 8601 with offset), {@code schedule.date}. */
    public static final List<String> SCHEDULE = List.of("time", "date");

    private RunNames() {}
}
