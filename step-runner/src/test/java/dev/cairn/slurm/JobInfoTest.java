package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On what {@code scontrol show job -o} printed, by version. */
final class JobInfoTest {
    private static final String V17_11 =
            "JobId=81 JobName=md run UserId=ada(1000) GroupId=ada(1000) MCS_label=N/A Priority=4294901739 Nice=0"
                    + " Account=(null) QOS=(null) JobState=RUNNING Reason=None Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1"
                    + " Reboot=0 ExitCode=0:0 RunTime=00:00:11 TimeLimit=1-00:00:00 TimeMin=N/A SubmitTime=2018-03-01T10:00:00"
                    + " EligibleTime=2018-03-01T10:00:00 StartTime=2018-03-01T10:00:01 EndTime=2018-03-02T10:00:01 Deadline=N/A"
                    + " PreemptTime=None SuspendTime=None SecsPreSuspend=0 LastSchedEval=2018-03-01T10:00:01 Partition=scavenge"
                    + " AllocNode:Sid=login:4711 ReqNodeList=(null) ExcNodeList=(null) NodeList=n17 BatchHost=n17 NumNodes=1"
                    + " NumCPUs=6 NumTasks=1 CPUs/Task=6 ReqB:S:C:T=0:0:*:* TRES=cpu=6,mem=16G,node=1,billing=6"
                    + " Command=/home/ada/md.sh WorkDir=/home/ada Power=\n";

    private static final String V22_05 =
            "JobId=4 JobName=wrap UserId=root(0) GroupId=root(0) MCS_label=N/A Priority=4294901757 Nice=0 Account=(null)"
                    + " QOS=(null) JobState=RUNNING Reason=None Dependency=(null) Requeue=1 Restarts=2 BatchFlag=1 Reboot=0"
                    + " ExitCode=0:15 RunTime=00:00:05 TimeLimit=UNLIMITED TimeMin=N/A SubmitTime=2026-11-22T18:00:00"
                    + " EligibleTime=2026-11-22T18:00:00 AccrueTime=2026-11-22T18:00:00 StartTime=2026-11-22T18:00:02"
                    + " EndTime=Unknown Deadline=N/A PreemptEligibleTime=2026-11-22T18:00:02 PreemptTime=2026-11-22T18:00:07"
                    + " SuspendTime=None SecsPreSuspend=0 Scheduler=Backfill Partition=scavenge"
                    + " AllocNode:Sid=vm:99 ReqNodeList=(null) ExcNodeList=(null) NodeList=vm BatchHost=vm NumNodes=1 NumCPUs=2"
                    + " Comment=cairn:run/step Command=(null) WorkDir=/root Power= \n";

    private static final String V24_11_ARRAY =
            "JobId=901 ArrayJobId=900 ArrayTaskId=1 JobName=a UserId=ada(1000) GroupId=ada(1000) MCS_label=N/A Priority=1"
                    + " Nice=0 Account=phys QOS=normal JobState=COMPLETING Reason=TimeLimit Dependency=(null) Requeue=0 Restarts=0"
                    + " BatchFlag=1 Reboot=0 ExitCode=0:15 RunTime=00:01:05 TimeLimit=00:01:00 TimeMin=N/A"
                    + " SubmitTime=2025-02-01T10:00:00 EndTime=2025-02-01T10:01:05 Partition=day AllocTRES=cpu=1 Command=x\n"
                    + "JobId=900 ArrayJobId=900 ArrayTaskId=2-9 JobName=a UserId=ada(1000) JobState=PENDING Reason=Priority"
                    + " Requeue=1 Restarts=0 TimeLimit=00:01:00 EndTime=N/A Partition=day\n";

    @Test
    void readsARunningJobOfAnOldVersion() {
        assertThat(JobInfo.parse(V17_11, "81", ZoneOffset.UTC))
                .contains(new JobInfo(
                        "81",
                        JobState.Known.RUNNING,
                        "None",
                        0,
                        true,
                        Optional.of(Instant.parse("2018-03-02T10:00:01Z")),
                        Optional.of(Duration.ofDays(1)),
                        false,
                        "scavenge"));
    }

    @Test
    void seesAPreemptionComeAndNoLimit() {
        JobInfo job = JobInfo.parse(V22_05, "4", ZoneOffset.UTC).orElseThrow();
        assertThat(job.preempted()).isTrue();
        assertThat(job.restarts()).isEqualTo(2);
        assertThat(job.endTime()).isEmpty();
        assertThat(job.timeLimit()).isEmpty();
    }

    @Test
    void takesTheTaskThatIsMeantOfAnArray() {
        JobInfo running = JobInfo.parse(V24_11_ARRAY, "901", ZoneOffset.UTC).orElseThrow();
        assertThat(running.reason()).isEqualTo("TimeLimit");
        assertThat(running.mayRequeue()).isFalse();
        assertThat(JobInfo.parse(V24_11_ARRAY, "900", ZoneOffset.UTC)
                        .orElseThrow()
                        .state())
                .isEqualTo(JobState.Known.PENDING);
        assertThat(JobInfo.parse(V24_11_ARRAY, "902", ZoneOffset.UTC)).isEmpty();
    }

    /** The table of causes as it was measured. */
    @ParameterizedTest
    @CsvSource({
        "RUNNING,    None,      0, true,  false, PREEMPTION",
        "COMPLETING, None,      1, false, false, REQUEUE",
        "PENDING,    BeginTime, 1, false, true,  REQUEUE",
        "COMPLETING, TimeLimit, 0, false, false, TIME_LIMIT",
        "TIMEOUT,    TimeLimit, 0, false, true,  TIME_LIMIT",
        "COMPLETING, None,      0, false, false, CANCELLED",
        "COMPLETING, None,      0, false, true,  CANCELLED",
        "CANCELLED,  None,      0, false, false, CANCELLED",
        "RUNNING,    None,      0, false, true,  WARNING",
        "RUNNING,    None,      0, false, false, SIGNAL",
        "NAPPING,    None,      0, false, true,  WARNING",
    })
    void tellsWhyAJobIsToStop(
            String state, String reason, int restarts, boolean preempted, boolean warned, StopCause cause) {
        JobInfo info = new JobInfo(
                "7", JobState.of(state), reason, restarts, true, Optional.empty(), Optional.empty(), preempted, "day");
        BatchJob job = BatchJob.of(Map.of("SLURM_JOB_ID", "7")).orElseThrow();
        assertThat(StopCause.of(job, Optional.of(info), warned)).isEqualTo(cause);
    }

    @Test
    void doesNotRequeueWhatSlurmDoesNotKnow() {
        BatchJob job = BatchJob.of(Map.of("SLURM_JOB_ID", "7")).orElseThrow();
        StopCause cause = StopCause.of(job, Optional.empty(), true);
        assertThat(cause).isEqualTo(StopCause.UNKNOWN);
        assertThat(cause.isToBeRequeued()).isFalse();
    }
}
