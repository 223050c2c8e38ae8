#!/usr/bin/env bash
# Installs what the tests need, builds and runs all of them.
#
#   bash tests/run.sh [CTEST OPTION...]        for instance -R figures, -j 2, -V
#
# The last lines are CTest's summary; the exit status is CTest's.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# Presets to build and test, in this order. The first that fails ends the run, so its summary comes last.
presets=(release)

# shellcheck source=jobs/requirements.sh
. jobs/requirements.sh
require build figures tests

test_preset() {
    local preset=$1
    shift
    build_preset "$preset" -D BUILD_TESTING=ON
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@"
}

for preset in "${presets[@]}"; do
    test_preset "$preset" "$@"
done
