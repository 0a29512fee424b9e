# Sourced by ./test. Root's tests prove little about a rootless engine, so root also runs them as an ordinary user.
test_user=cairn-test

make_test_user() {
    id "$test_user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$test_user"
}

# test_as_user MODULE...: runs the modules' tests, as built, in a copy that belongs to an ordinary user.
test_as_user() {
    local copy module ok=0
    copy=$(mktemp -d /var/tmp/cairn-test.XXXXXX) || return 1
    tar -c --exclude=.git --exclude=./.cairn . | tar -x -C "$copy" || return 1
    chown -R "$test_user": "$copy"
    for module; do
        runuser -u "$test_user" -- env -i "HOME=$(getent passwd "$test_user" | cut -d: -f6)" "PATH=/usr/bin:/bin" LANG=C.UTF-8 \
            bash -c 'cd "$1/$2" && java=$3 && shift 3 && exec "$java" "$@"' - "$copy" "$module" "$JDK/bin/java" \
            "-Dcairn.native.dir=$copy/native/target/native" "-Dcairn.long=$long" \
            -cp "target/test-classes:target/classes:target/test-lib/*" \
            org.junit.platform.console.ConsoleLauncher execute --scan-class-path=target/test-classes \
            --disable-banner --details=tree --fail-if-no-tests --reports-dir=target/user-reports || ok=1
        mkdir -p "$module/target/user-reports"
        cp "$copy/$module"/target/user-reports/*.xml "$module/target/user-reports/" || ok=1
    done
    rm -rf "$copy"
    return $ok
}
