# Sourced. Debian packages that are missing are installed, or named where they cannot be.

# need PACKAGE PROBE...: notes the package unless every probe is there; a probe is a command, or a file by its absolute path.
missing_packages=()
need() {
    local package=$1 probe
    shift
    for probe in "$@"; do
        case $probe in
        /*) [ -e "$probe" ] ;;
        *) command -v "$probe" >/dev/null ;;
        esac || {
            missing_packages+=("$package")
            return
        }
    done
}

need_for_build() {
    find_jdk bin/javac || missing_packages+=(openjdk-17-jdk-headless)
    need gcc gcc
    need libc6-dev /usr/include/stdio.h
    need cmake cmake
    need make make
    need libzstd-dev /usr/include/zstd.h
    need libjansson-dev /usr/include/jansson.h
    need libxxhash-dev /usr/include/xxhash.h
}

# Installs what was noted as missing; fails, having said what to type, where that needs a right that we do not have.
install_missing_packages() {
    [ ${#missing_packages[@]} -gt 0 ] || return 0
    local packages="${missing_packages[*]}" as_root=()
    local line="sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends $packages'"
    if ! command -v apt-get >/dev/null; then
        say "missing; install what your system calls: $packages"
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        as_root=(sudo)
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            say "missing packages; install them with: $line"
            return 1
        fi
    fi
    local log=$root/target/packages.log
    mkdir -p "$root/target" || return 1
    say "installing $packages (log: $log)"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing_packages[@]}"; } >"$log" 2>&1; then
        tail -n 10 "$log" >&2
        say "apt could not install them; when that is mended, repeat, or type: $line"
        return 1
    fi
    missing_packages=()
}
