# Sourced by the launcher. What Maven builds is published in target/cairn-<digest>/ and target/cairn points to the newest, so
# that a build takes nothing away from a Cairn that is running.

# Nothing was built yet, or sources have changed since. A user without write access uses the existing build.
build_is_stale() {
    [ -e "$root/target/cairn/built" ] || return 0
    [ -w "$root/target" ] || return 1
    [ -n "$(cd "$root" && find pom.xml ./*/pom.xml ./*/*/pom.xml ./*/src/main ./*/*/src/main native/CMakeLists.txt \
        -newer target/cairn/built -print -quit)" ]
}

build() {
    if [ ! -w "$root" ] || ! mkdir -p "$root/target" 2>/dev/null || [ ! -w "$root/target" ]; then
        say "not built yet, and you may not write to $root: its owner has to start ./cairn there once"
        return 1
    fi
    (
        umask 022
        trap 'exit 130' INT
        exec 9>"$root/target/build.lock"
        flock -n 9 || { say "waiting for another build"; flock 9; }
        build_is_stale || exit 0 # somebody else has just built it
        . "$root/tools/packages.sh"
        need_for_build
        install_missing_packages && run_maven && publish
    )
}

run_maven() {
    local log=$root/target/build.log
    find_jdk bin/javac
    say "building; this takes a minute or two (log: $log)"
    touch "$root/target/build.started"
    rm -rf "$root/scheduler/cli/target/lib" # or jars of an older pom would stay
    if ! (cd "$root" && JAVA_HOME=$JDK ./mvnw -B -ntp -Dcairn.fast -Dmaven.test.skip=true -DskipTests \
        -pl scheduler/cli -am package 9>&- 2>&1) | tee "$log" |
        sed -un 's/^\[INFO\] Building Cairn: \([^0-9]*\) .*\(\[.*\]\)$/cairn: \2 \1/p' >&2; then
        say "the build failed:"
        grep -m 10 -E '^\[ERROR]|error:' "$log" >&2 || tail -n 20 "$log" >&2
        return 1
    fi
}

publish() (
    cd "$root/target" || exit 1
    new=$(mktemp -d cairn.XXXXXX) || exit 1
    trap 'rm -rf "$new"' EXIT
    trap 'exit 130' INT
    chmod 755 "$new"
    mkdir "$new/lib" "$new/native"
    cp ../scheduler/cli/target/lib/*.jar "$new/lib/" || exit 1
    cp ../scheduler/cli/target/cairn-cli-*.jar "$new/lib/cairn.jar" || exit 1
    cmake --install ../native/target/native --prefix "$new/native" >/dev/null || exit 1
    cp ../native/target/native/libjnidispatch.so "$new/native/" || exit 1
    digest=$(cd "$new" && sha256sum lib/* native/* | sha256sum)
    name=cairn-${digest:0:12}
    [ -d "$name" ] || mv -T "$new" "$name" || exit 1
    mv -T build.started "$name/built"
    ln -sfn "$name" cairn.link && mv -T cairn.link cairn || exit 1
    # Older builds may still be running, but not those of several builds ago.
    ls -dt cairn-*/ | tail -n +6 | xargs -r rm -rf
    find_jdk bin/java || exit 0
    program=$(readlink -f cairn)
    java_command
    class_data_archive "$program"
    [ -e "$archive" ] || say "preparing faster starts"
    "$root/tools/make-archive" "$archive" "${java[@]}" "${flags[@]}" "${main[@]}"
    exit 0 # it only makes starts faster
)
