# An external sort that writes and removes many temporary files.
set -eu
mkdir -p sorted/temporary
awk 'BEGIN { for (i = 0; i < 1500000; i++) print (i * 7919) % 1500007, i }' > sorted/in
for round in 1 2; do
    sort -S 2M --parallel=2 -T sorted/temporary -k1,1n -o "sorted/out-$round" sorted/in
done
ls sorted/temporary
sha256sum sorted/out-*
