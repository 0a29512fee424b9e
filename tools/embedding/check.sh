#!/bin/bash
# Builds the programs of step-runner/docs/embedding.md as a Maven project of its own, with the coordinates that the page names, and runs
# those that can run alone. Cairn is installed into target/embedding/repository; of the user's repository other libraries are only read.
# usage: check.sh MAVEN-OPTION...
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
root=$(cd -- "$here/../.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$root/target/embedding
maven=("$root/mvnw" -B -ntp -q "-Dmaven.repo.local=$work/repository" "-Dmaven.repo.local.tail=$HOME/.m2/repository" "$@")

fail() {
    echo "embedding: $*" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work/project/src/main/java" "$work/run"
(cd "$root" && "${maven[@]}" install -DskipTests \
    -pl native,workflows,step-runner,scheduler/airflow-client,scheduler/quartz,bom -am)

exec 3< <(exec python3 "$here/airflow.py")
airflow=$!
trap 'kill $airflow' EXIT
read -r port <&3 || fail "the stand-in for Airflow did not start"
python3 "$here/project.py" "$root/step-runner/docs/embedding.md" "$work/project" "$port"
(cd "$work/project" && "${maven[@]}" compile dependency:copy-dependencies -DoutputDirectory=target/lib)

if ls "$work"/project/target/lib | grep -E '^(picocli|flyway|sqlite|postgresql|cairn-(daemon|cli))'; then
    fail "the programs that embed Cairn get parts of its daemon"
fi
export XDG_CACHE_HOME=$work/cache # where the native programs are unpacked
program=("$java" -cp "$work/project/target/classes:$work/project/target/lib/*")

# Killed after its first checkpoint and started again, the step continues where it was, so that every number occurs once.
cp "$root/examples/count/count.py" "$work/run/"
exec 4< <(cd "$work/run" && exec "${program[@]}" Count . 2>&1)
first=$!
seen=
while [ -z "$seen" ] && IFS= read -r line <&4; do
    case $line in *ImagePublished*) seen=$line ;; esac
done
[ -n "$seen" ] || fail "Count took no checkpoint"
kill -KILL "$first"
second=$(cd "$work/run" && "${program[@]}" Count . 2>&1) || fail "Count failed when it was started again: $second"
case $second in *ImagePublished*) ;; *) fail "Count started again took no checkpoint: $second" ;; esac
[ "$(ls "$work/run/.cairn/runs" | wc -l)" = 1 ] || fail "Count started again began another run"
seq 0 39 | cmp - "$(find "$work/run/.cairn/runs" -name stdout.log)" || fail "Count wrote other numbers"

said=$(AIRFLOW_PASSWORD=secret "${program[@]}" Etl 2>"$work/etl.log") || fail "Etl failed: $(cat "$work/etl.log")"
[ "$said" = success ] || fail "Etl saw the state '$said'"
