# Sourced by the launcher.

# Sets java, flags and main: the command line that starts the published $program with $JDK, up to its main class.
java_command() {
    java=("$JDK/bin/java")
    # Most starts end before compiled code has paid for its compilation: an eighth less of the processor than with Java's own threshold.
    flags=(
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=4
        -XX:-UsePerfData # with it, Java removes the files in /tmp/hsperfdata_USER of the Javas in steps, whose pids it cannot see
        -XX:-MaxFDLimit # with it, Java raises its own limit of open files, and that of what it starts: sbatch, steps
        -Djna.nosys=true -Djna.nounpack=true "-Djna.boot.library.path=$program/native"
        "-Dcairn.native.dir=$program/native" "-Dcairn.launcher=$script"
    )
    main=(-cp "$program/lib/cairn.jar" dev.cairn.cli.Main) # its manifest names the other jars, and the process list stays readable
}
