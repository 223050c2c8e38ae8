#!/usr/bin/env bash
# What it costs to share a sweep over processes: the table of SCALING.md, as Markdown.
#
#   bash jobs/scaling_mpi.sh [ROUNDS [PROCESSESxTHREADS...]]         # default: 5 1x1 1x2 2x1 4x1
#
# Needs the program of preset mpi, Open MPI, and 1.1 GB in TMPDIR, which should be on the disk that shall be measured.
# All cases take turns, round after round, after one round that does not count.
set -euo pipefail
fishergrid=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/build/mpi/fishergrid
rounds=${1:-5}
shift $(($# > 0))
if (($# == 0)); then set -- 1x1 1x2 2x1 4x1; fi

# As root, and with more threads than cores, as in containers.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMP_WAIT_POLICY=passive

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
TIMEFORMAT='%U %S'

# run CASE METHOD CELLS: adds a line each to CASE-METHOD.sweep and CASE-METHOD.processor
run() {
    local sweep=("$fishergrid" sweep --data A --method "$2" --phi "$3" --r "$3" --threads "${1#*x}")
    { time mpirun --bind-to none -n "${1%x*}" "${sweep[@]}" --json -o "$scratch/x.h5" >"$scratch/told"; } \
        2>"$scratch/time" || { cat "$scratch/time" >&2 && return 1; }
    sed -n 's/^ *"seconds": \([^,]*\).*/\1/p' "$scratch/told" >>"$scratch/$1-$2.sweep"
    tail -n 1 "$scratch/time" | awk '{ print $1 + $2 }' >>"$scratch/$1-$2.processor"
    rm "$scratch/x.h5"
}

# of FILE: minimum and median of its lines but the first
of() {
    tail -n +2 "$1" | sort -g |
        awk '{ s[NR] = $1 } END { printf "%.2f, %.2f", s[1], (s[int((NR + 1) / 2)] + s[int(NR / 2) + 1]) / 2 }'
}

for ((round = 0; round <= rounds; round++)); do
    for case in "$@"; do
        run "$case" direct 1024
        run "$case" chebyshev 4096
    done
done
columns='direct 1024 x 1024: sweep, s | processor, s | nodes 4096 x 4096: sweep, s | processor, s'
printf '%s\n' "| processes x threads | $columns |" "|---|---|---|---|---|"
for case in "$@"; do
    printf '| %s ' "${case/x/ x }"
    for times in direct.sweep direct.processor chebyshev.sweep chebyshev.processor; do
        printf '| %s ' "$(of "$scratch/$case-$times")"
    done
    echo "|"
done
