#!/usr/bin/env bash
# Submits a sweep as an array of N tasks (array.sbatch), and a job that merges their files (merge.sbatch) once all of
# them are complete.
#
#   . jobs/site.sh                                                   # once a login, see site.example.sh
#   bash jobs/array.sh N FILE.h5 [OPTION...]                         # from any directory
#   bash jobs/array.sh 16 sweep.h5 --phi 65536 --r 16384
#
# Every OPTION goes to `fishergrid sweep`. Prints the numbers of both jobs. The files of the tasks stay, in
# FILE.h5-parts: remove them when FILE.h5 is what you want.
set -euo pipefail
jobs=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

if ! [[ ${1:-} =~ ^[1-9][0-9]*$ && ${2:-} == *.h5 ]]; then
    echo "array.sh: how many tasks, and which file? write: bash jobs/array.sh N FILE.h5 [OPTION...]" >&2
    exit 2
fi
parts=$1
output=$2
if [[ $output == -* ]]; then output=./$output; fi # or it would be taken for an option
shift 2

export FISHERGRID_PARTS=$parts
array=$(sbatch --parsable --array="1-$parts" "$jobs/array.sbatch" "$output" "$@")
echo "array: $array"

files=()
for ((part = 1; part <= parts; part++)); do files+=("$output-parts/$part-of-$parts.h5"); done
# Should a task fail, the merge would wait for ever, unless told to give up. --parsable may add ";CLUSTER".
merge=$(sbatch --parsable --dependency="afterok:${array%%;*}" --kill-on-invalid-dep=yes \
    "$jobs/merge.sbatch" -o "$output" "${files[@]}")
echo "merge: $merge"
