# Packs 3,000 small files, unpacks them over older ones, and removes half of them, several times.
set -eu
mkdir -p archive/source
for i in $(seq 3000); do
    mkdir -p "archive/source/$((i % 50))"
    echo "$i" > "archive/source/$((i % 50))/$i"
done
for round in 1 2 3 4; do
    tar -C archive/source --sort=name --mtime=@0 --owner=0 --group=0 -cf archive/all.tar .
    mkdir -p archive/copy
    tar -C archive/copy -xf archive/all.tar
    find archive/copy -name "*$round" -type f -delete
    find archive/source -name "*7" -type f -exec sh -c 'echo changed >> "$1"' _ {} \;
done
find archive -type f -exec sha256sum {} + | sort | sha256sum
