#!/usr/bin/env bash
# Runs the tests in a build that counts which lines they reach, and prints for every file of src/ the lines that none
# of them does. Fails where less than 90 % are reached.
#
#   bash tests/coverage.sh [GCOVR OPTION...]        for instance --html-details build/coverage/lines.html
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# shellcheck source=jobs/requirements.sh
. jobs/requirements.sh
require build figures tests

echo "--- preset coverage ---"
build_preset coverage -D BUILD_TESTING=ON
find build/coverage -name '*.gcda' -delete # counts of earlier runs
# All tests of C but crash, which reaches no line that these do not. The others concern Python, documents, or the form of
# what is made.
others=(cost claims figures page page_math scripts versions documents doc install exports package packaging readers
    file_format layout_version format shellcheck rooms crash memory mpi slurm scaling)
ctest --test-dir build/coverage --output-on-failure --no-tests=error -j "$(($(nproc) + 1))" \
    -E "^($(IFS='|' && echo "${others[*]}"))\$"
gcovr --root . --filter src/ --object-directory build/coverage --print-summary --fail-under-line 90 "$@"
