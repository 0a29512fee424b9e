# Lines appended to a file that is opened for each, and files moved from one folder to another.
set -eu
mkdir appended appended/in appended/out
for i in $(seq 20); do echo "$i" > "appended/in/$i"; done
for i in $(seq 20); do
    echo "$i" >> appended/lines
    mv "appended/in/$i" appended/out/
    sleep 0.1
done
cat appended/lines
ls appended/in appended/out
