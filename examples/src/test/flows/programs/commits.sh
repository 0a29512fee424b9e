# A commit each time round; the last one's name depends on all before it.
set -eu
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' GIT_CONFIG_NOSYSTEM=1
git init -q commits
cd commits
git config user.email a@example.org
git config user.name a
git config gc.auto 0
for i in $(seq 20); do
    for k in 1 2 3; do echo "$i" >> "f$k"; done
    git add -A
    git commit -qm "$i"
    sleep 0.05
done
git fsck --strict
git status --short
git log --format=%H
