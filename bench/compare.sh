#!/usr/bin/env bash
# Klif beside plain PyTorch, by default with KLIF: each benchmark is run by both in turn, and Markdown tables of the
# medians and their ratios are printed. A training step runs in float32 and, where the processor multiplies bfloat16, in
# bf16; the peer also under torch.compile. Run it when nothing else runs on the machine.
#
#   bench/compare.sh [--pairs N] [--neuron NAME] [--all-T] [--no-peer] [PYTHON]
#
# PYTHON   a Python with torch (otherwise $PYTHON, otherwise python3)
# --pairs  runs of each program for a benchmark (5)
# --neuron klif (default), lif or alif, the latter from its file
# --all-T  the peer runs every T of the neuron benchmark, not only 8
# --no-peer  Klif only; needs a Python still, without torch, for the table
# $THREADS  threads of both (2)
set -euo pipefail

usage() {
  printf 'compare.sh: %s; usage: compare.sh [--pairs N] [--neuron NAME] [--all-T] [--no-peer] [PYTHON]\n' "$1" >&2
  exit 2
}

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
threads=${THREADS:-2}
pairs=5
neuron=klif
all_t=false
peer=true
while (($#)); do
  case $1 in
    --pairs)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage "--pairs needs a number"
      pairs=$2
      shift
      ;;
    --neuron)
      [[ ${2:-} =~ ^(klif|lif|alif)$ ]] || usage "--neuron is klif, lif or alif"
      neuron=$2
      shift
      ;;
    --all-T) all_t=true ;;
    --no-peer) peer=false ;;
    -*) usage "unknown option $1" ;;
    *) python=$1 ;;
  esac
  shift
done
command -v "$python" >/dev/null || usage "there is no $python"
if $peer && ! "$python" -c 'import torch' 2>/dev/null; then
  usage "$python has no torch (--no-peer goes without)"
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT

# record NAME WHO COMMAND...: appends what the command's last line says
record() {
  local name=$1 who=$2 last
  shift 2
  last=$("$@" | tail -n 1)
  printf '%s\t%s\t%s\n' "$name" "$who" "$last" >>"$results"
}

# step NAME OPTIONS...: a training step of both, in each precision
step() {
  local name=$1 pair precision
  shift
  for ((pair = 1; pair <= pairs; pair++)); do
    for precision in "${precisions[@]}"; do
      echo "$name: $pair of $pairs, $precision" >&2
      record "$name" "klif $precision" \
        "$root/klif" bench train "$@" --neuron "$neuron" --threads "$threads" --precision "$precision" --json
      if $peer; then
        local other=("$python" "$root/bench/pytorch/peer_pytorch.py" train "$@" --neuron "$neuron" --threads "$threads")
        record "$name" "peer $precision" "${other[@]}" --precision "$precision"
        record "$name" "peer $precision compiled" "${other[@]}" --precision "$precision" --compile
      fi
    done
  done
}

# compare NAME WITH_PEER KIND OPTIONS...
compare() {
  local name=$1 with_peer=$2 pair
  shift 2
  for ((pair = 1; pair <= pairs; pair++)); do
    echo "$name: $pair of $pairs" >&2
    record "$name" klif "$root/klif" bench "$@" --neuron "$neuron" --threads "$threads" --json
    if $with_peer; then
      record "$name" peer "$python" "$root/bench/pytorch/peer_pytorch.py" "$@" --neuron "$neuron" --threads "$threads"
    fi
  done
}

"$root/klif" --version >&2
for t in 2 4 8 16 32 128; do
  with_peer=$peer
  if ((t != 8)) && ! $all_t; then
    with_peer=false
  fi
  compare "neuron T $t" "$with_peer" neuron --T "$t" --neurons $((1 << 20))
done
precisions=(float32)
if "$root/klif" devices --json | tail -n 1 | grep -q 'float32, bf16'; then
  precisions+=(bf16)
fi
step "train mnist-small" --preset mnist-small --batch 128 --T 4
step "train mnist" --preset mnist --batch 16 --T 8
if [[ $neuron != alif ]]; then # shortcuts, attention, one dimension
  for preset in sew-small spikformer-small sequential-small; do
    step "train $preset" --preset "$preset"
  done
fi

"$python" - "$results" <<'PY'
import datetime
import json
import statistics
import sys

runs = {}
for line in open(sys.argv[1]):
    name, who, result = line.rstrip("\n").split("\t")
    runs.setdefault(name, {}).setdefault(who, []).append(json.loads(result))

first = next(iter(next(iter(runs.values())).values()))[0]
torch = {r["torch"] for by in runs.values() for results in by.values() for r in results if "torch" in r}
peer = "PyTorch " + ", ".join(sorted(torch)) if torch else "no peer"
print(f"{datetime.date.today()}, {first['deviceDescription']}; peer: {peer}; medians (lowest to highest run)\n")


def median(results, key):
    return statistics.median(r[key] for r in results)


def spread(results, key, unit, digits):
    values = [r[key] for r in results]
    return f"{statistics.median(values):.{digits}f} {unit} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def row(*cells):
    print("| " + " | ".join(cells) + " |")


row("benchmark", "Klif", "peer", "times as fast", "share of the limit", "triad")
row(*["---"] * 6)
for name, by in runs.items():
    if "klif" in by:
        ours, theirs = by["klif"], by.get("peer")
        row(
            name,
            spread(ours, "nsPerNeuronStep", "ns", 2),
            spread(theirs, "nsPerNeuronStep", "ns", 2) if theirs else "-",
            f"{median(theirs, 'nsPerNeuronStep') / median(ours, 'nsPerNeuronStep'):.2f}" if theirs else "-",
            f"{100 * median(ours, 'shareOfLimit'):.0f} %",
            f"{median(ours, 'triadGigabytesPerSecond'):.1f} GB/s",
        )

print()
row("benchmark", "program", "a step", "Klif as fast", "share of the limit", "products", "peak memory")
row(*["---"] * 7)
for name, by in runs.items():
    for who, results in by.items():
        if who.startswith(("klif ", "peer ")):
            program, precision = who.split(" ", 2)[:2]
            ours = by[f"klif {precision}"]
            klif = program == "klif"
            row(
                name,
                ("Klif" if klif else "PyTorch") + who[len(program) :],
                spread(results, "msPerStep", "ms", 0),
                "-" if klif else f"{median(results, 'msPerStep') / median(ours, 'msPerStep'):.2f} times",
                f"{100 * median(results, 'shareOfLimit'):.0f} %" if klif else "-",
                f"{median(results, 'matmulGigaflopsPerSecond'):.0f} GFLOP/s" if klif else "-",
                f"{median(results, 'peakResidentBytes') / 2**20:.0f} MiB",
            )
PY
