#!/usr/bin/env bash
# Installs what the tests need, builds and runs all of them.
#
#   bash tests/run.sh [CTEST OPTION...]        for instance -R figures, -j 2, -V
#
# The last lines are CTest's summary; the exit status is CTest's.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# shellcheck source=jobs/requirements.sh
. jobs/requirements.sh
require build figures tests
if may_install; then require mpi; fi # elsewhere its test says that it is skipped, unless MPI is there

# test_preset NAME [CTEST OPTION...]
test_preset() {
    local preset=$1
    shift
    echo "--- preset $preset ---"
    build_preset "$preset" -D BUILD_TESTING=ON -D FISHERGRID_WERROR=ON
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@"
}

# The first preset that fails ends the run, so its summary comes last. What is slow runs once.
test_preset clang -LE slow "$@"
test_preset asan -LE slow "$@"
if [[ -z $(missing_of mpi) ]]; then
    test_preset mpi -L mpi "$@" --no-tests=ignore # there may be none of those that were asked for
fi
test_preset release "$@"
