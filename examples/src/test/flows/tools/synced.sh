# A folder that changes, synchronized by rsync with removals and partial files.
set -eu
mkdir -p synced/from synced/to
for round in $(seq 12); do
    for i in $(seq 40); do
        if [ $(((i + round) % 5)) = 0 ]; then
            rm -f "synced/from/$i"
        else
            head -c $((i * 500)) /dev/zero | tr '\0' "$(printf '\\%03o' $((97 + (i + round) % 26)))" > "synced/from/$i"
        fi
    done
    rsync --archive --checksum --delete --partial synced/from/ synced/to/
    rsync --recursive --checksum --inplace --append-verify synced/from/ synced/grown/
    sleep 0.05
done
diff -r synced/from synced/to
cat synced/to/* synced/grown/* | sha256sum
