#!/usr/bin/env bash
# From a fresh checkout to the report, on this computer: installs what is missing, builds, sweeps, draws.
#
#   bash jobs/local.sh [OPTION...]
#
# Every OPTION goes to `fishergrid sweep`, for instance
#
#   bash jobs/local.sh --phi 2048 --r 2048 --data A --threads 4
#
# Without options: data sets A and B on 512 x 512 cells. Results, replacing those of the last run:
#
#   build/release/fishergrid     the program
#   results/sweep.h5             all fields
#   results/figures/report.html  explains the natural gradient with interactive maps; opens from disk
#   results/figures/*.png, *.pdf maps, vector fields, flow lines and geodesics
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

case ${1:-} in
-h | --help)
    sed -n -e '2,/^set /{ /^#/s/^# \{0,1\}//p; }' jobs/local.sh
    exit 0
    ;;
esac

# shellcheck source=jobs/requirements.sh
. jobs/requirements.sh
require build figures

build_preset release -D BUILD_TESTING=OFF # the tests would need more packages

mkdir -p results
if [[ " $* " == *" --dry-run "* ]]; then
    exec build/release/fishergrid sweep --force "$@" -o results/sweep.h5
fi

# Replaces the file of an earlier run. The .part file of an interrupted run is resumed; that run was to replace it, too.
replace=(--force)
if [[ -e results/sweep.h5.part ]]; then
    rm -f results/sweep.h5
    replace=()
fi
build/release/fishergrid sweep "${replace[@]}" "$@" -o results/sweep.h5
rm -rf results/figures # they show another sweep now
"$PYTHON" analysis/report.py results/sweep.h5 -o results/figures

echo
echo "Made in $PWD:"
ls -sh1 build/release/fishergrid results/sweep.h5 results/figures/report.html results/figures/*.png
