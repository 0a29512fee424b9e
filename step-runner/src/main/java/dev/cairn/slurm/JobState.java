package dev.cairn.slurm;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A job's state, as {@code squeue}, {@code scontrol} and {@code sacct} name it (section JOB STATE CODES of their manuals, up to
 * 25.05). Every text maps to a state; an unknown one becomes {@link Unknown}.
 */
public sealed interface JobState {
    /** As Slurm writes it. */
    String text();

    Course course();

    /** The meaning of a state for a caller that waits for the job's end. */
    enum Course {
        /** The job is in the queue, and will start or start again. */
        WAITS,
        /** It holds nodes. */
        RUNS,
        /** Final unless the job is requeued. */
        OVER,
        /** The meaning is not known. Such a job is left alone as long as Slurm shows it. */
        UNKNOWN
    }

    /** The states that there are. */
    enum Known implements JobState {
        PENDING(Course.WAITS, "PD"),
        CONFIGURING(Course.WAITS, "CF"),
        REQUEUED(Course.WAITS, "RQ"),
        REQUEUE_FED(Course.WAITS, "RF"),
        /** The job is held after a requeue; a user has to release it. */
        REQUEUE_HOLD(Course.WAITS, "RH"),
        /** The job is held because it ended with an exit code for which the site requires that. */
        SPECIAL_EXIT(Course.WAITS, "SE"),
        RESV_DEL_HOLD(Course.WAITS, "RD"),
        RUNNING(Course.RUNS, "R"),
        COMPLETING(Course.RUNS, "CG"),
        RESIZING(Course.RUNS, "RS"),
        SIGNALING(Course.RUNS, "SI"),
        STAGE_OUT(Course.RUNS, "SO"),
        STOPPED(Course.RUNS, "ST"),
        SUSPENDED(Course.RUNS, "S"),
        EXPEDITING(Course.RUNS, "EX"),
        POWER_UP_NODE(Course.RUNS, "PU"),
        COMPLETED(Course.OVER, "CD"),
        FAILED(Course.OVER, "F"),
        CANCELLED(Course.OVER, "CA"),
        TIMEOUT(Course.OVER, "TO"),
        DEADLINE(Course.OVER, "DL"),
        PREEMPTED(Course.OVER, "PR"),
        NODE_FAIL(Course.OVER, "NF"),
        BOOT_FAIL(Course.OVER, "BF"),
        OUT_OF_MEMORY(Course.OVER, "OOM"),
        LAUNCH_FAILED(Course.OVER, "LF"),
        RECONFIG_FAIL(Course.OVER, "RE"),
        REVOKED(Course.OVER, "RV");

        private static final Map<String, Known> BY_TEXT = new TreeMap<>();

        static {
            for (Known state : values()) {
                BY_TEXT.put(state.name(), state);
                BY_TEXT.put(state.code, state);
            }
        }

        private final Course course;
        private final String code;

        Known(Course course, String code) {
            this.course = course;
            this.code = code;
        }

        @Override
        public String text() {
            return name();
        }

        @Override
        public Course course() {
            return course;
        }
    }

    /** A state that this version does not know. */
    record Unknown(String text) implements JobState {
        @Override
        public Course course() {
            return Course.UNKNOWN;
        }
    }

    /**
     * @param text a name or its short form, in any case; {@code sacct} adds words ({@code CANCELLED by 1000}) or a mark for a name
     *     that it cut ({@code CANCELLED+})
     */
    static JobState of(String text) {
        String word = text.strip().split("[\\s+]", 2)[0].toUpperCase(Locale.ROOT);
        Known known = Known.BY_TEXT.get(word);
        return known == null ? new Unknown(text.strip()) : known;
    }
}
