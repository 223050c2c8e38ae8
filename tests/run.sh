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
if may_install; then require cluster mpi; fi # elsewhere their tests say that they are skipped

# test_preset NAME [CTEST OPTION...]
test_preset() {
    local preset=$1
    shift
    echo "--- preset $preset ---"
    build_preset "$preset" -D BUILD_TESTING=ON -D FISHERGRID_WERROR=ON
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@"
}

# Options may leave nothing of a part of the tests.
some=()
(($# == 0)) || some=("$@" --no-tests=ignore)

# The first preset that fails ends the run, so its summary comes last. What is slow runs once; of the checkers each
# has the tests that bear its label.
test_preset clang -LE slow "${some[@]}"
test_preset asan -LE slow "${some[@]}"
if [[ -z $(missing_of mpi) ]]; then test_preset mpi -L mpi "${some[@]}"; fi
test_preset tsan -L tsan "${some[@]}"
test_preset valgrind -L valgrind -j "$(nproc)" "${some[@]}"
test_preset fuzz -L fuzz -j "$(nproc)" "${some[@]}"
(($# > 0)) || bash tests/coverage.sh
test_preset release "$@"
