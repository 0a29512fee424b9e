# Sourced. Finds a JDK without starting it.

# Sets JDK to the home of a Java 17 or newer that has the given file, and JDK_VERSION to its exact version.
find_jdk() {
    local home path
    path=$(command -v java) && path=$(readlink -f -- "$path") && path=${path%/bin/java}
    for home in "${JAVA_HOME:-}" "$path" /usr/lib/jvm/*; do
        if [ -x "$home/$1" ] && read_jdk_version "$home" && [ "${JDK_VERSION%%[!0-9]*}" -ge 17 ]; then
            JDK=$home
            return 0
        fi
    done
    return 1
}

read_jdk_version() {
    local line
    JDK_VERSION=0
    [ -r "$1/release" ] || return 1
    while read -r line; do
        case $line in JAVA_RUNTIME_VERSION=* | JAVA_VERSION=*)
            line=${line#*=}
            JDK_VERSION=${line//\"/}
            ;;
        esac
    done <"$1/release"
}
