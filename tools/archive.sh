# Sourced by the launcher. A class-data archive in the user's cache halves the time that Java takes to start; without one, or
# with one that does not fit, it starts all the same.

# Adds the archive for this build and JDK to the flags, making it first where this user has none.
use_class_data_archive() {
    local cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/cairn key archive
    key=$(cksum <<<"$program $JDK $JDK_VERSION")
    archive=$cache/${key%% *}.jsa
    if [ ! -e "$archive" ]; then
        (umask 077 && mkdir -p "$cache") 2>/dev/null || return 0
        say "preparing faster starts, once"
        make_class_data_archive "$archive" 2>/dev/null
    fi
    [ -s "$archive" ] && flags+=(-Xshare:auto "-XX:SharedArchiveFile=$archive" -Xlog:cds=off -Xlog:cds+dynamic=off)
}

# An archive that cannot be made leaves an empty file, so that no later start tries again.
make_class_data_archive() (
    umask 077
    new=$(mktemp -d "${1%/*}/new.XXXXXX") && cd "$new" || exit 0
    trap 'rm -rf "$new"' EXIT
    java=("$JDK/bin/java" "${flags[@]}" -Xlog:disable)
    for_classes() {
        timeout 20 "${java[@]}" -Xshare:off -XX:DumpLoadedClassList=some "${main[@]}" "$@" </dev/null >/dev/null
        cat some >>all
    }
    for_classes --version
    for_classes --help
    for_classes check
    for_classes validate "$root/examples/count/flow.yaml"
    for_classes exec --home home --name once -- true
    for_classes ps --home home --all
    for_classes show --home home once
    for_classes logs --home home once
    sort -u all >classes
    "${java[@]}" -Xshare:dump -XX:SharedClassListFile=classes -XX:SharedArchiveFile=archive -cp "$class_path" \
        >/dev/null || : >archive
    mv archive "$1"
    ls -t "${1%/*}"/*.jsa | tail -n +6 | xargs -r rm -f # of builds and JDKs long gone
)
