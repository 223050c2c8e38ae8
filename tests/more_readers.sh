#!/usr/bin/env bash
# What tests need and Debian 12 does not package: VTK with its XDMF reader (the one of ParaView), NeXus's validator,
# h5wasm, the reader of H5Web, puppeteer-core, which drives browsers, and axe-core, which checks whether a page is
# accessible. They go into build/readers and nowhere else.
#
#   bash tests/more_readers.sh
#
# Where one cannot be had, its tests say that they are skipped; that is no failure.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
to=build/readers
mkdir -p "$to"

python_package() { # python_package DIRECTORY_IN_IT PACKAGE...
    [[ -d $to/python/$1 ]] && return
    "${PYTHON:-python3}" -m pip install -q --retries 0 --no-deps --target "$to/python" "${@:2}" ||
        echo "$1 cannot be installed; its tests are skipped" >&2
}

node_package() { # node_package NAME VERSION
    [[ -d $to/node_modules/$1 ]] && return
    npm install --silent --fetch-retries 0 --no-audit --no-fund --prefix "$to" "$1@$2" ||
        echo "$1 cannot be installed; its tests are skipped" >&2
}

python_package vtkmodules vtk==9.7.2
python_package nexusformat nexusformat==2.1.0 colored==2.3.2
node_package h5wasm 0.10.3
node_package puppeteer-core 24.43.1
node_package axe-core 4.14.1
exit 0
