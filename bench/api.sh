#!/usr/bin/env bash
# A training loop through the library beside `klif train`: an epoch of mnist-small by each in turn, samples a second, and
# their ratio. Run it when nothing else runs on the machine.
#
#   bench/api.sh DATA [PAIRS]
#
# DATA   folder with mnist's files, or its parent
# PAIRS  epochs of each (3)
# $THREADS  threads of both (2)
set -euo pipefail

[ $# -ge 1 ] || { echo 'api.sh: which data? usage: bench/api.sh DATA [PAIRS]' >&2; exit 2; }
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$(cd "$1" && pwd)
threads=${THREADS:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/klif" devices >/dev/null
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
options=$root/src/main/resources/org/klif/sweep
app=$root/target/app/current
for ((pair = 1; pair <= ${2:-3}; pair++)); do
  library=$(GOMP_SPINCOUNT=500 "$java" "@$options/java.options" "@$options/program.options" \
    -cp "$app/klif.jar:$app/lib/*" "$root/bench/api/ApiEpoch.java" "$data" "$threads" 2>"$work/err") ||
    { cat "$work/err" >&2; exit 1; }
  program=$("$root/klif" train mnist-small --data "$data" --device cpu --seed 1 --threads "$threads" --epochs 1 \
    --set schedule=constant --set augmentation=none --out "$work/$pair" --json | tail -n 1 |
    sed -n 's/.*"imagesPerSecond" *: *\([0-9.]*\).*/\1/p')
  awk -v a="$library" -v p="$program" 'BEGIN { printf "library %.0f  klif train %.0f samples/s  ratio %.3f\n", a, p, a / p }'
done
