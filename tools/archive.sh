# Sourced by the launcher. A class-data archive halves the time that Java takes to start; without one, or with one that does not
# fit, it starts all the same. The build makes one for its JDK; a user with another JDK gets one in their own cache.

# class_data_archive FOLDER: the archive's path in this folder, for this build and JDK.
class_data_archive() {
    local key
    key=$(cksum <<<"$program $JDK $JDK_VERSION")
    archive=$1/${key%% *}.jsa
}

# Adds the archive to the flags. Where there is none, a process in the background makes it for the starts that follow.
use_class_data_archive() {
    class_data_archive "$program"
    if [ ! -e "$archive" ]; then
        archive=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/cairn/${archive##*/}
        [ -e "$archive" ] || prepare_faster_starts
        only_caller_writes "$archive" || return 0 # Java would run what somebody else has put there
    fi
    [ -s "$archive" ] && flags+=(-Xshare:auto "-XX:SharedArchiveFile=$archive" -Xlog:cds=off -Xlog:cds+dynamic=off)
}

# only_caller_writes FILE: it, its folder and the one above belong to the caller, and no group or other can write them: under
# `sudo -E` the cache is another user's.
only_caller_writes() {
    local found
    found=$(find "$1" "${1%/*}" "${1%/*/*}" -maxdepth 0 -uid "$(id -u)" ! -type l ! -perm /022 2>/dev/null | wc -l)
    [ "$found" = 3 ]
}

# Away from the terminal and its Ctrl-C, and after everything else that wants the processor.
prepare_faster_starts() (
    umask 077
    mkdir -p "${archive%/*}" 2>/dev/null || exit 0
    setsid nice -n 19 "$root/tools/make-archive" "$archive" "${java[@]}" "${flags[@]}" "${main[@]}" </dev/null >/dev/null 2>&1 &
)
