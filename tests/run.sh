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
bash tests/more_readers.sh
for group in cluster mpi; do # where one cannot be had, its tests say that they are skipped
    if may_install; then (require "$group") || echo "going on without what the group '$group' asks for" >&2; fi
done

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
# has the tests that bear its label. One test more at once than there are cores, unless the options say otherwise: many
# wait, for Slurm above all.
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(($(nproc) + 1))}
test_preset clang -LE 'slow|program' "${some[@]}"
test_preset asan -LE slow "${some[@]}"
if [[ -z $(missing_of mpi) ]]; then test_preset mpi -L mpi "${some[@]}"; fi
test_preset tsan -L tsan "${some[@]}"
test_preset valgrind -L valgrind "${some[@]}"
test_preset fuzz -L fuzz "${some[@]}"
(($# > 0)) || bash tests/coverage.sh
test_preset release "$@"
