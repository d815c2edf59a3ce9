#!/usr/bin/env bash
# Runs an hour of klif sweep: one run after the other with all processors, then --jobs N with its share each.
#   bench/sweep-jobs.sh [N] [more options of klif sweep, as in --preset mnist-small --set epochs=1 --data DIR]
set -eu
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jobs=${1:-$(nproc)}
shift || true
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for n in 1 "$jobs"; do
  echo "--jobs $n: $("$here/../klif" sweep "$here/sweep-jobs.yaml" --jobs "$n" --out "$out/$n" "$@" | grep 'an hour')"
done
