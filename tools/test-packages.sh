# Sourced. What the tests need beyond the build; the examples among them use real programs.
need_for_tests() {
    need_for_build
    need libcmocka-dev /usr/include/cmocka.h
    need clang-format clang-format
    need strace strace
    need expect expect
    need tmux tmux
    need openmpi-bin mpirun
    need python3 /usr/bin/python3
    need python3-numpy /usr/lib/python3/dist-packages/numpy
    need gromacs gmx
    need gromacs-data /usr/share/gromacs/top/spc216.gro
    need environment-modules /usr/share/modules/init/bash
    need slurmctld /usr/sbin/slurmctld
    need slurmd /usr/sbin/slurmd
    need slurm-client /usr/bin/sbatch
    need munge /usr/sbin/munged
    need postgresql /usr/lib/postgresql
    need chromium /usr/bin/chromium
    need chromium-driver /usr/bin/chromedriver
}

# What only the examples of --long use.
need_for_long_tests() {
    need python3-venv /usr/lib/python3*/ensurepip/__init__.py
    need rsync rsync
}
