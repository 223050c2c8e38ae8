# shellcheck shell=bash
# What the project needs from the machine, and how it gets there. To be sourced, not run:
#
#   . jobs/requirements.sh
#   require build figures        # groups of the table below
#
# `require` installs what is missing through apt-get where it may (as root or by `sudo -n`). Elsewhere it prints
# what to install, as Debian packages, environment modules and Spack specs, and exits with 1. It exports PYTHON,
# the interpreter that can import everything the groups ask for.

# One line a requirement. "Found by" lists alternatives separated by "or"; the kinds are the probe_* functions.
# A dash: there is none under that name. gcc alone brings no C library headers, hence libc6-dev.
requirements_table() {
    sed -e '/^ *#/d' -e '/^ *$/d' <<'END'
# group   | name             | found by                                                 | Debian             | module    | Spack
build     | C compiler       | command cc or command gcc                                | gcc                | gcc       | gcc
build     | C library        | header stdlib.h                                          | libc6-dev          | -         | -
build     | CMake 3.20       | version cmake 3.20                                       | cmake              | cmake     | cmake@3.20:
build     | make             | command make                                             | make               | -         | gmake
build     | pkg-config       | command pkg-config                                       | pkg-config         | -         | pkgconf
build     | git              | command git                                              | git                | git       | git
build     | HDF5 for C       | package hdf5-serial or package hdf5 or header hdf5.h     | libhdf5-dev        | hdf5      | hdf5
build     | HDF5 tools       | command h5dump                                           | hdf5-tools         | hdf5      | hdf5+hl+tools
build     | Random123        | header Random123/threefry.h                              | librandom123-dev   | random123 | random123
build     | xxHash           | package libxxhash                                        | libxxhash-dev      | xxhash    | xxhash
build     | SLEEF            | package sleef                                             | libsleef-dev       | sleef     | sleef
build     | Jansson          | package jansson                                          | libjansson-dev     | jansson   | jansson
build     | libdeflate       | package libdeflate                                      | libdeflate-dev     | libdeflate | libdeflate
figures   | Python 3         | python sys                                               | python3            | python    | python
figures   | h5py             | python h5py                                              | python3-h5py       | python    | py-h5py
figures   | NumPy            | python numpy                                             | python3-numpy      | python    | py-numpy
figures   | SciPy            | python scipy                                             | python3-scipy      | python    | py-scipy
figures   | Matplotlib       | python matplotlib                                        | python3-matplotlib | python    | py-matplotlib
figures   | Jinja            | python jinja2                                            | python3-jinja2     | python    | py-jinja2
tests     | CMocka           | package cmocka or header cmocka.h                        | libcmocka-dev      | cmocka    | cmocka
tests     | h5ls             | command h5ls                                             | hdf5-tools         | hdf5      | hdf5+hl+tools
tests     | ncdump           | command ncdump                                           | netcdf-bin         | netcdf-c  | netcdf-c
tests     | NCO              | command ncap2                                            | nco                | nco       | nco
tests     | xarray           | python xarray                                            | python3-xarray     | python    | py-xarray
tests     | netCDF4-python   | python netCDF4                                           | python3-netcdf4    | python    | py-netcdf4
tests     | h5netcdf         | python h5netcdf                                          | python3-h5netcdf   | python    | py-h5netcdf
tests     | silx             | python silx.io                                           | python3-silx       | -         | -
tests     | hdf5plugin       | python hdf5plugin                                        | python3-hdf5plugin | -         | py-hdf5plugin
tests     | mpmath           | python mpmath                                            | python3-mpmath     | -         | py-mpmath
tests     | pip              | python pip                                               | python3-pip        | python    | py-pip
tests     | npm              | command npm                                              | nodejs npm         | nodejs    | node-js+npm
tests     | Chromium         | command chromium                                         | chromium           | -         | -
tests     | Firefox          | command firefox-esr                                      | firefox-esr        | -         | -
tests     | clang            | command clang                                            | clang              | llvm      | llvm+clang
tests     | OpenMP for clang | openmp clang                                             | libomp-dev         | llvm      | llvm-openmp
tests     | runtime of clang | fuzzer clang                                             | libclang-rt-dev    | llvm      | llvm+clang
tests     | valgrind         | runs valgrind true                                       | valgrind libc6-dbg | valgrind  | valgrind
tests     | gcovr            | command gcovr                                            | gcovr              | -         | py-gcovr
tests     | clang-format     | command clang-format                                     | clang-format       | llvm      | llvm+clang
tests     | strace           | command strace                                           | strace             | -         | strace
tests     | zsh              | command zsh                                              | zsh                | -         | zsh
tests     | fish             | command fish                                             | fish               | -         | fish
tests     | mandoc           | command mandoc                                           | mandoc             | -         | -
tests     | nroff            | command nroff                                            | groff-base         | -         | groff
tests     | Doxygen          | command doxygen                                          | doxygen            | doxygen   | doxygen
tests     | dpkg-shlibdeps   | command dpkg-shlibdeps                                   | dpkg-dev           | -         | -
tests     | file             | command file                                             | file               | -         | file
tests     | ParaView         | command pvpython                                         | python3-paraview   | paraview  | paraview
tests     | ShellCheck       | command shellcheck                                       | shellcheck         | -         | shellcheck
cluster   | slurmctld        | command slurmctld or command /usr/sbin/slurmctld         | slurmctld          | -         | slurm
cluster   | slurmd           | command slurmd or command /usr/sbin/slurmd               | slurmd             | -         | slurm
cluster   | sbatch           | command sbatch                                           | slurm-client       | -         | slurm
mpi       | MPI for C        | mpi mpicc                                                | libopenmpi-dev     | openmpi   | openmpi
mpi       | mpirun           | command mpirun                                           | openmpi-bin        | openmpi   | openmpi
END
}

# --- probes: is it there? -------------------------------------------------------------------------------------------

probe_command() { command -v "$1"; }

probe_version() {
    local found
    found=$("$1" --version | grep -Eo '[0-9]+(\.[0-9]+)+' | sed -n 1p) || return 1
    [[ $(printf '%s\n' "$2" "$found" | sort -V | sed -n 1p) == "$2" ]]
}

probe_package() { pkg-config --exists "$1"; }

# Environment modules and Spack announce libraries through these variables rather than through the compiler.
probe_header() {
    local prefix compiler flags=()
    compiler=$(command -v cc || command -v gcc || command -v clang) || return 1
    while read -r prefix; do
        [[ -z $prefix ]] || flags+=("-I$prefix/include")
    done < <(printf '%s\n' "${CMAKE_PREFIX_PATH:-}" "${HDF5_ROOT:-}" "${HDF5_DIR:-}" | sed 's/[:;]/\n/g')
    echo "#include <$1>" | "$compiler" "${flags[@]}" -E -o /dev/null -
}

probe_openmp() { echo '#include <omp.h>' | "$1" -fopenmp -E -x c -o /dev/null -; }

# Other packages bring the compiler's wrapper without the headers.
probe_mpi() { echo '#include <mpi.h>' | "$1" -E -x c -o /dev/null -; }

# Sanitizers and fuzzing are a package of their own.
probe_fuzzer() { echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | "$1" -fsanitize=fuzzer,address -x c -o /dev/null -; }

probe_runs() { "$@"; }

probe_python() { [[ -n ${PYTHON:-} ]] && "$PYTHON" -c "import $1"; }

# found_by "command cc or command gcc"
found_by() {
    local alternative
    while read -r alternative; do
        # shellcheck disable=SC2086  # the words of an alternative are a probe and its arguments
        if probe_$alternative >/dev/null 2>&1; then return 0; fi
    done <<<"${1// or /$'\n'}"
    return 1
}

# --- the table --------------------------------------------------------------------------------------------------------

# rows_of GROUP...: the rows of these groups, without padding, as name|found by|Debian|module|Spack
rows_of() {
    local group
    for group in "$@"; do
        requirements_table | sed -n -e 's/ *| */|/g' -e "s/^$group|//p"
    done
}

# missing_of GROUP...: those of the rows whose probes fail
missing_of() {
    local row probes
    while IFS= read -r row; do
        IFS='|' read -r _ probes _ <<<"$row"
        found_by "$probes" || printf '%s\n' "$row"
    done < <(rows_of "$@")
}

# column N: the words of that column of the rows on standard input, each once, on one line
column() { cut -d '|' -f "$1" | sed '/^-$/d' | sort -u | paste -sd ' '; }

# --- Python -----------------------------------------------------------------------------------------------------------

# Distribution packages belong to /usr/bin/python3, which need not be the python3 of the PATH.
python_candidates() {
    local candidate
    for candidate in "${PYTHON:-}" python3 /usr/bin/python3; do
        [[ -z $candidate ]] || command -v "$candidate" || true
    done
}

# choose_python GROUP...: exports as PYTHON the first candidate that can import all that the groups ask for. If
# none can: the one that apt-get completes where we may install, else the user's own.
choose_python() {
    local modules candidate fallback
    modules=$(rows_of "$@" | cut -d '|' -f 2 | sed -n 's/^python //p' | paste -sd ,)
    fallback=$(python_candidates | sed -n 1p)
    if may_install; then fallback=/usr/bin/python3; fi
    while read -r candidate; do
        if [[ -z $modules ]] || "$candidate" -c "import $modules" >/dev/null 2>&1; then
            fallback=$candidate
            break
        fi
    done < <(python_candidates)
    export PYTHON=$fallback
}

# --- installing -------------------------------------------------------------------------------------------------------

as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

may_install() { command -v apt-get >/dev/null && as_root true 2>/dev/null; }

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=500 "$@"; }

# install_packages PACKAGE...: a foreign package source that cannot be reached must not stop us, so a failed
# update is only reported; what matters is whether the requirements are met afterwards.
install_packages() {
    echo "installing: $*" >&2
    apt update >&2 || echo "apt-get update failed; trying with the package lists at hand" >&2
    apt install --no-install-recommends "$@" >&2 || echo "apt-get install failed" >&2
}

# report_missing ROWS: one line for each way to get them
report_missing() {
    local rows=$1 modules
    modules=$(column 4 <<<"$rows")
    echo "missing: $(cut -d '|' -f 1 <<<"$rows" | paste -sd , | sed 's/,/, /g')"
    echo "Any one of these helps (Python modules looked for in ${PYTHON:-python3}; set PYTHON to use another):"
    echo "  Debian:  apt-get install $(column 3 <<<"$rows")"
    [[ -z $modules ]] || echo "  modules: module load $modules    (names differ from site to site)"
    echo "  Spack:   spack install $(column 5 <<<"$rows")"
    if grep -q '^silx|' <<<"$rows"; then echo "  silx has no Spack package: pip install silx"; fi
}

# require GROUP...: returns when everything is there, exits with 1 otherwise.
require() {
    local missing packages
    choose_python "$@"
    missing=$(missing_of "$@")
    if [[ -n $missing ]] && may_install; then
        read -ra packages <<<"$(column 3 <<<"$missing")"
        install_packages "${packages[@]}"
        hash -r # commands may be elsewhere now
        choose_python "$@"
        missing=$(missing_of "$@")
    fi
    if [[ -n $missing ]]; then
        report_missing "$missing" >&2
        exit 1
    fi
}

# build_preset NAME [CMAKE OPTION...]: configures and builds into build/NAME
build_preset() {
    local name=$1
    shift
    cmake --preset "$name" "$@"
    cmake --build "build/$name" --parallel "$(nproc)"
}
