#!/usr/bin/env bash
# What a sweep costs against cells, samples and threads: reports for the figure of SPEED.md, as JSON.
#
#   bash jobs/cost.sh [ROUNDS] >cost.json         # default: 5; some minutes
#   analysis/cost.py cost.json
#
# Needs the program of preset release, and 2.2 GB in TMPDIR, which should be on the disk that shall be measured.
set -euo pipefail
fishergrid=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/build/release/fishergrid
rounds=${1:-5}

# measure CELLS SAMPLES_PER_CLASS THREADS
measure() {
    "$fishergrid" bench sweep --data A --phi "$1" --r "$1" --samples-per-class "$2" --threads "$3" \
        --repetitions "$rounds" --directory "${TMPDIR:-/tmp}" --json
}

most=$(nproc)
for cells in 64 256 1024 4096; do measure "$cells" 500 "$most"; done
for samples in 5 50 5000 50000 500000; do measure 1024 "$samples" "$most"; done
for ((threads = 1; threads < most; threads *= 2)); do measure 4096 500 "$threads"; done
