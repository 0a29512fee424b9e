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

    private static final String V20_11_TASK =
            "JobId=2423559 ArrayJobId=2423430 ArrayTaskId=72 ArrayTaskThrottle=20 JobName=tsn UserId=ada(400)"
                    + " GroupId=ada(404) MCS_label=N/A Priority=1409292 Nice=0 Account=phys QOS=normal JobState=RUNNING Reason=None"
                    + " Dependency=(null) Requeue=0 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0 RunTime=00:02:29"
                    + " TimeLimit=2-00:00:00 TimeMin=N/A SubmitTime=2020-12-02T14:47:13 EligibleTime=2020-12-02T15:28:10"
                    + " AccrueTime=Unknown StartTime=2020-12-02T15:28:10 EndTime=2020-12-04T15:28:10 Deadline=N/A"
                    + " PreemptEligibleTime=2020-12-02T15:28:10 PreemptTime=None SuspendTime=None SecsPreSuspend=0"
                    + " LastSchedEval=2020-12-02T15:28:10 Partition=short AllocNode:Sid=gw:21453 ReqNodeList=(null)"
                    + " ExcNodeList=(null) NodeList=n8 BatchHost=n8 NumNodes=1 NumCPUs=1 NumTasks=1 CPUs/Task=1"
                    + " ReqB:S:C:T=0:0:*:* TRES=cpu=1,mem=8G,node=1,billing=1,gres/gpu=1 Command=tsn WorkDir=/tsn/logs Power="
                    + " TresPerNode=gpu:1\n";

    private static final String V23_11 =
            "JobId=407851 JobName=d214 UserId=ada(236371) GroupId=ada(100000) MCS_label=N/A Priority=10018522 Nice=0"
                    + " Account=bio QOS=normal JobState=RUNNING Reason=None Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1"
                    + " Reboot=0 ExitCode=0:0 RunTime=5-21:51:00 TimeLimit=7-00:00:00 TimeMin=N/A SubmitTime=2025-01-21T15:46:41"
                    + " EligibleTime=2025-01-21T15:46:41 AccrueTime=2025-01-21T15:46:41 StartTime=2025-01-21T16:47:16"
                    + " EndTime=2025-01-28T16:47:16 Deadline=N/A PreemptEligibleTime=2025-01-21T16:47:16 PreemptTime=None"
                    + " SuspendTime=None SecsPreSuspend=0 LastSchedEval=2025-01-21T16:47:16 Scheduler=Backfill:*"
                    + " Partition=128x24 AllocNode:Sid=login:4134358 ReqNodeList=(null) ExcNodeList=(null) NodeList=n17"
                    + " BatchHost=n17 StepMgrEnabled=Yes NumNodes=1 NumCPUs=24 NumTasks=1 CPUs/Task=24 ReqB:S:C:T=0:0:*:*"
                    + " ReqTRES=cpu=24,mem=120G,node=1,billing=24 AllocTRES=cpu=24,mem=120G,node=1,billing=24 Command=x"
                    + " TresPerTask=cpu=24\n";

    /** 24.05 and later print neither {@code Power} nor, on sites that do not preempt, the times of preemption. */
    private static final String V24_05_ENDED =
            "JobId=34815931 JobName=run UserId=ada(2897) GroupId=ada(3001) MCS_label=N/A Priority=2748684 Nice=0"
                    + " Account=staff QOS=normal JobState=TIMEOUT Reason=TimeLimit Dependency=(null) Requeue=1 Restarts=3 BatchFlag=1"
                    + " Reboot=0 ExitCode=0:15 RunTime=00:10:07 TimeLimit=00:10:00 TimeMin=N/A SubmitTime=2025-06-24T11:36:32"
                    + " EligibleTime=2025-06-24T11:36:32 AccrueTime=2025-06-24T11:36:32 StartTime=2025-06-24T11:36:32"
                    + " EndTime=2025-06-24T11:46:39 Deadline=N/A SuspendTime=None SecsPreSuspend=0"
                    + " LastSchedEval=2025-06-24T11:36:32 Scheduler=Main Partition=zen4 AllocNode:Sid=an01:626814 NumCPUs=12"
                    + " ReqTRES=cpu=12,mem=30192M,node=1,billing=12 AllocTRES=cpu=12,mem=30192M,node=2,billing=12 Command=x\n";

    @Test
    void readsATaskOf20_11ByEitherOfItsIds() {
        JobInfo byTask =
                JobInfo.parse(V20_11_TASK, "2423430_72", ZoneOffset.UTC).orElseThrow();
        assertThat(byTask.state()).isEqualTo(JobState.Known.RUNNING);
        assertThat(byTask.mayRequeue()).isFalse();
        assertThat(byTask.preempted()).isFalse();
        assertThat(byTask.endTime()).contains(Instant.parse("2020-12-04T15:28:10Z"));
        assertThat(JobInfo.parse(V20_11_TASK, "2423559", ZoneOffset.UTC)).isPresent();
        assertThat(JobInfo.parse(V20_11_TASK, "2423430_7", ZoneOffset.UTC)).isEmpty();
    }

    @Test
    void readsALongJobOf23_11() {
        assertThat(JobInfo.parse(V23_11, "407851", ZoneOffset.UTC))
                .contains(new JobInfo(
                        "407851",
                        JobState.Known.RUNNING,
                        "None",
                        0,
                        true,
                        Optional.of(Instant.parse("2025-01-28T16:47:16Z")),
                        Optional.of(Duration.ofDays(7)),
                        false,
                        "128x24"));
    }

    @Test
    void readsAnEndedJobOf24_05() {
        assertThat(JobInfo.parse(V24_05_ENDED, "34815931", ZoneOffset.UTC))
                .contains(new JobInfo(
                        "34815931",
                        JobState.Known.TIMEOUT,
                        "TimeLimit",
                        3,
                        true,
                        Optional.of(Instant.parse("2025-06-24T11:46:39Z")),
                        Optional.of(Duration.ofMinutes(10)),
                        false,
                        "zen4"));
    }

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

    /** As main, backfill scheduler and older versions write a job without a limit, while it runs and when it has ended. */
    @ParameterizedTest
    @CsvSource({
        "RUNNING,   UNLIMITED,       2027-11-22T18:00:02, ''",
        "RUNNING,   365-00:00:00,    2027-11-22T18:00:02, ''",
        "RUNNING,   Partition_Limit, 2027-11-22T18:00:02, ''",
        "COMPLETED, UNLIMITED,       2026-11-22T18:00:02, 2026-11-22T18:00:02Z",
        "COMPLETED, 365-00:00:00,    2026-11-22T18:00:02, 2026-11-22T18:00:02Z",
    })
    void aJobWithoutALimitHasNoEndBeforeItHasEnded(String state, String limit, String end, String known) {
        JobInfo job = JobInfo.parse(
                        V22_05.replace("RUNNING", state)
                                .replace("TimeLimit=UNLIMITED", "TimeLimit=" + limit)
                                .replace("EndTime=Unknown", "EndTime=" + end),
                        "4",
                        ZoneOffset.UTC)
                .orElseThrow();
        assertThat(job.timeLimit()).isEmpty();
        assertThat(job.endTime().map(Instant::toString).orElse("")).isEqualTo(known);
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
        "PENDING,    Resources, 0, false, false, REQUEUE",
        "CONFIGURING, None,     0, false, false, REQUEUE",
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
        assertThat(cause).isEqualTo(StopCause.FORGOTTEN);
        assertThat(cause.isToBeRequeued()).isFalse();
    }
}
