# A folder mirrored into another as rsync does it: each file is made beside its place and renamed to it, and what has gone is removed.
set -eu
mkdir mirror mirror/from mirror/to
for round in $(seq 8); do
    for i in $(seq 10); do
        [ $(((i + round) % 4)) = 0 ] && rm -f "mirror/from/$i" || echo "$round $i" > "mirror/from/$i"
    done
    for file in mirror/from/*; do
        name=${file##*/}
        cp -p "$file" "mirror/to/.$name.new"
        mv "mirror/to/.$name.new" "mirror/to/$name"
    done
    for file in mirror/to/*; do
        [ -e "mirror/from/${file##*/}" ] || rm "$file"
    done
    sleep 0.1
done
diff -r mirror/from mirror/to
grep -r . mirror/to | sort
