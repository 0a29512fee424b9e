#!/bin/bash
# A real Slurm on this host alone, for the tests: its own ports, keys, folders and configuration, no systemd, and nothing of a Slurm that
# may be here already is touched.
#   tools/test-slurm.sh start DIR [cgroup]   starts it, waits until its node is idle, prints the SLURM_CONF to use
#   tools/test-slurm.sh DAEMON DIR           starts one of munged, slurmctld, slurmd again, after it was killed
#   tools/test-slurm.sh stop DIR             cancels its jobs and ends it
# As root jobs run as whoever submits them, and there is a user cairn-test to be that; as an ordinary user everything runs as that one.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
action=$1
dir=$2
tracking=${3:-linuxproc}
PATH=$PATH:/usr/sbin:/sbin
export SLURM_CONF=$dir/slurm.conf

free_ports() {
    python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])'
}

configure() {
    local host user ports
    host=$(hostname -s)
    user=$(id -un)
    read -r -a ports < <(free_ports)
    mkdir -p "$dir"/{ctld,d,munge}
    chmod 755 "$dir" "$dir/munge"
    (umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
    cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
ProctrackType=proctrack/$tracking
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=5,bf_interval=5,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=8
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/jobcomp.log
StateSaveLocation=$dir/ctld
SlurmdSpoolDir=$dir/d
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=scavenge Nodes=$host MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE GraceTime=10
PartitionName=nograce Nodes=$host MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE
PartitionName=day Nodes=$host Default=YES MaxTime=INFINITE PriorityTier=10
CONF
    if [ -d /sys/fs/cgroup/freezer ]; then
        printf 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nCgroupAutomount=no\n' >"$dir/cgroup.conf"
    fi
    touch "$dir/jobcomp.log"
}

munged() {
    rm -f "$dir/munge/socket" "$dir/munge/socket.lock"
    command munged --force --key-file="$dir/munge.key" --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" --num-threads=2
}

slurmctld() { command slurmctld >>"$dir/slurmctld.out" 2>&1; }
slurmd() { command slurmd >>"$dir/slurmd.out" 2>&1; }

await_idle() {
    for _ in $(seq 300); do
        [ "$(sinfo -h -p day -o %t 2>/dev/null)" != idle ] || return 0
        sleep 0.1
    done
    echo "test-slurm: its node is not idle after 30 s:" >&2
    sinfo >&2 || true
    tail -n 5 "$dir"/*.log "$dir"/*.out >&2
    return 1
}

end() { # PIDFILE: and waits for it
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
}

case $action in
start)
    [ "$(id -u)" != 0 ] || id cairn-test >/dev/null 2>&1 || useradd --create-home --shell /bin/bash cairn-test
    configure
    munged
    slurmctld
    slurmd
    await_idle || { "$0" stop "$dir"; exit 1; }
    echo "$SLURM_CONF"
    ;;
munged | slurmctld | slurmd) "$action" ;;
stop)
    timeout 10 scancel --signal=KILL --full $(timeout 10 squeue -h -o %A 2>/dev/null) 2>/dev/null || true
    timeout 10 scancel $(timeout 10 squeue -h -o %A 2>/dev/null) 2>/dev/null || true
    end "$dir/slurmd.pid"
    end "$dir/slurmctld.pid"
    end "$dir/munged.pid"
    ;;
*) exec "$0" ;;
esac
