#!/usr/bin/env bash
# Installs a build and uses the installed library, by CMake package and by pkg-config.
#
#   install_test.sh BUILD_DIRECTORY
set -euo pipefail
build=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
expected=$("$work/prefix/bin/fishergrid" point --phi 3.14 --r 1.5 --data A | awk '$1 == "loss" { print $2 }')

check() { # check HOW PROGRAM
    local loss
    loss=$("$2")
    [[ $loss == "$expected" ]] || { echo "$1: loss $loss, the program says $expected" >&2; exit 1; }
    echo "$1: loss $loss"
}

cmake -S "$here/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/cmake" >/dev/null
check "CMake package" "$work/cmake/consumer"

pc=$(dirname "$(find "$work/prefix" -name fishergrid.pc)")
# shellcheck disable=SC2046  # pkg-config prints words
"${CC:-cc}" -std=c11 -o "$work/consumer" "$here/consumer/consumer.c" \
    $(PKG_CONFIG_PATH=$pc pkg-config --define-variable=prefix="$work/prefix" --cflags --libs --static fishergrid) \
    -Wl,-rpath,"$(dirname "$pc")"
check "pkg-config" "$work/consumer"

# the installed program finds the installed scripts, and these find the program
line=$("$work/prefix/bin/fishergrid" sweep -o "$work/x.h5" --sbatch)
[[ $line == "sbatch "*" $work/prefix/share/fishergrid/jobs/"*.sbatch" -o $work/x.h5" ]] || { echo "$line" >&2; exit 1; }

strange=$(find "$work/prefix/include" -type f -not -name '*.h')
[[ -z $strange ]] || { echo "among the headers: $strange" >&2; exit 1; }

# every header stands alone; ISO C wants a declaration, and api.h has none
for header in "$work/prefix"/include/fishergrid/*.h; do
    printf '#include <fishergrid/%s>\ntypedef int declaration;\n' "$(basename "$header")" |
        "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$work/prefix/include" -fsyntax-only -xc -
done
echo "every header stands alone"
