#!/usr/bin/env bash
# Makes the Debian package of a build, looks into it, and runs the program from what it unpacks to.
#
#   package_test.sh BUILD_DIRECTORY
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$build" && cpack -G DEB -B "$work" >"$work/log") || { cat "$work/log" >&2; exit 1; }
packages=("$work"/fishergrid_*.deb)
((${#packages[@]} == 1)) || { echo "not one package: ${packages[*]}" >&2; exit 1; }

fail() { echo "$1" >&2; exit 1; }

[[ $(dpkg-deb -f "${packages[0]}" Package) == fishergrid ]] || fail "the package has another name"
[[ "fishergrid $(dpkg-deb -f "${packages[0]}" Version)" == $("$build/fishergrid" --version) ]] || fail "another version"
depends=$(dpkg-deb -f "${packages[0]}" Depends)
for library in libc6 libdeflate0 libgomp1 libjansson4; do
    [[ $depends == *"$library"* ]] || fail "no dependency on $library: $depends"
done

dpkg-deb -x "${packages[0]}" "$work/root"
for file in bin/fishergrid include/fishergrid/kernel.h share/doc/fishergrid/copyright \
    share/doc/fishergrid/FORMAT.md share/man/man1/fishergrid.1 share/man/man1/fishergrid-sweep.1 \
    share/bash-completion/completions/fishergrid share/fishergrid/jobs/sweep.sbatch \
    share/zsh/site-functions/_fishergrid share/fish/vendor_completions.d/fishergrid.fish; do
    [[ -s $work/root/usr/$file ]] || fail "the package has no $file"
done
# HDF5 is in the program, whose package then has HDF5's licence, or in a library on which the package depends
if [[ $(ldd "$build/fishergrid") == *libhdf5* ]]; then
    [[ $depends == *libhdf5* ]] || fail "no dependency on libhdf5: $depends"
else
    [[ $depends != *libhdf5* ]] || fail "a dependency without need: $depends"
    [[ -s $work/root/usr/share/doc/fishergrid/copyright.hdf5 ]] || fail "the package lacks the licence of HDF5"
fi
strange=$(cd "$work/root" && find . -not -type d -not -path './usr/*')
[[ -z $strange ]] || fail "outside of /usr: $strange"
cell=(point --phi 3.14 --r 1.5 --data A)
[[ $("$work/root/usr/bin/fishergrid" "${cell[@]}") == $("$build/fishergrid" "${cell[@]}") ]] || fail "another result"
echo "$(basename "${packages[0]}") depends on $depends"
