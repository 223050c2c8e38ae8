#!/usr/bin/env python3
"""Times fishergrid against the same eight fields written in NumPy and Numba, and in PyTorch and JAX where installed.

All of them get the same samples and the same grid, have their values compared before anything is timed, and then
take turns, round by round. The peers compute only some rows of phi, spread over the grid; what they need is scaled
by cells and samples. The table has the minimum and the median over the rounds.

Exit status: 0 done, 1 something failed or the values differ, 2 wrong usage.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import script

with script.packages("peers"):
    import h5py
    import numpy as np

FIELDS = [
    "loss",
    "fisher_phi_phi",
    "fisher_r_phi",
    "fisher_r_r",
    "gradient_phi",
    "gradient_r",
    "natural_gradient_phi",
    "natural_gradient_r",
]
PHI_RANGE, R_RANGE = (0, 2 * math.pi), (-5, 5)  # fishergrid's defaults
CHECKED = (9, 33)  # cells along phi and r whose values are compared
# Of the largest value of a field in a row. The peers sum plainly and form the determinant of the Fisher matrix by
# subtraction, which costs them up to five of sixteen digits; a wrong formula is wrong in the first few.
TOLERANCE = 1e-9
BLOCK = 64  # cells whose [cells, samples] arrays stay in the cache; NumPy is nearly twice as slow with whole rows


class Failure(Exception):
    """The message is one line for people."""


@dataclass(frozen=True)
class Samples:
    x0: np.ndarray
    x1: np.ndarray
    y: np.ndarray

    def __len__(self):
        return len(self.y)


@dataclass(frozen=True)
class Peer:
    """Another way to compute the fields: compute(samples, phi, r) -> [8, phi, r]."""

    name: str
    meaning: str
    version: str
    compute: object
    rows: int  # of phi, that are timed


@dataclass
class Timing:
    """What one competitor needed for one data set: seconds of every round for so many cells."""

    data: str
    name: str
    meaning: str
    cells: int
    samples: int
    seconds: list = field(default_factory=list)


# --- the peers --------------------------------------------------------------------------------------------------------


def array_fields(xp, x0, x1, sign, sin, cos, r):
    """[8][r] fields of cells that share one phi, with the arrays of xp: [r, samples] each."""
    a_phi = cos * x0 - sin * x1
    margin = sign * (sin * x0 + cos * x1) + r[:, None] * sign
    q = xp.exp(-abs(margin))  # never overflows
    z = 1 / (1 + q)
    w = q * z * z
    rho = -sign * xp.where(margin > 0, q * z, z)
    loss = ((-margin).clip(0) + xp.log1p(q)).sum(1)
    f_pp, f_rp, f_rr = w @ a_phi**2, w @ a_phi, w.sum(1)
    g_p, g_r = rho @ a_phi, rho.sum(1)
    determinant = f_pp * f_rr - f_rp**2
    n_p, n_r = (f_rr * g_p - f_rp * g_r) / determinant, (f_pp * g_r - f_rp * g_p) / determinant
    return xp.stack([loss, f_pp, f_rp, f_rr, g_p, g_r, n_p, n_r])


def row_by_row(xp, to_array, to_numpy, block, row_fields):
    """compute(samples, phi, r) of a Peer from array_fields, `block` cells of a row at a time."""

    def compute(samples, phi, r):
        x0, x1, sign = to_array(samples.x0), to_array(samples.x1), to_array(1.0 - 2.0 * samples.y)
        result = np.empty((len(FIELDS), len(phi), len(r)))
        blocks = [(slice(j, j + block), to_array(r[j : j + block])) for j in range(0, len(r), block)]
        for i, angle in enumerate(phi):
            for cells, r_block in blocks:
                values = row_fields(xp, x0, x1, sign, math.sin(angle), math.cos(angle), r_block)
                result[:, i, cells] = to_numpy(values)
        return result

    return compute


def numpy_peer(options):
    compute = row_by_row(np, np.asarray, np.asarray, BLOCK, array_fields)
    return Peer("numpy", "row by row, whole arrays", np.__version__, compute, options.rows)


def torch_peer(options):
    import torch

    torch.set_num_threads(options.threads)
    compute = row_by_row(torch, torch.from_numpy, torch.Tensor.numpy, BLOCK * options.threads, array_fields)
    return Peer("torch", "row by row, whole tensors, on the CPU", torch.__version__, compute, options.rows)


def jax_peer(options):
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    compiled = jax.jit(array_fields, static_argnums=0)
    compute = row_by_row(jax.numpy, jax.numpy.asarray, np.asarray, options.r, compiled)
    return Peer("jax", "row by row, compiled, on the CPU", jax.__version__, compute, options.rows)


def numba_peer(options):
    import numba

    numba.set_num_threads(min(options.threads, numba.config.NUMBA_NUM_THREADS))

    @numba.njit(fastmath=True)
    def cell(u, a_phi, sign, r):
        loss = f_pp = f_rp = f_rr = g_p = g_r = 0.0
        for k in range(len(u)):
            margin = sign[k] * (u[k] + r)
            q = math.exp(-abs(margin))
            z = 1 / (1 + q)
            w = q * z * z
            rho = -sign[k] * (q * z if margin > 0 else z)
            loss += max(-margin, 0.0) + math.log1p(q)
            f_pp += w * a_phi[k] * a_phi[k]
            f_rp += w * a_phi[k]
            f_rr += w
            g_p += rho * a_phi[k]
            g_r += rho
        determinant = f_pp * f_rr - f_rp * f_rp
        n_p = (f_rr * g_p - f_rp * g_r) / determinant
        return loss, f_pp, f_rp, f_rr, g_p, g_r, n_p, (f_pp * g_r - f_rp * g_p) / determinant

    @numba.njit(parallel=True, fastmath=True)
    def grid(x0, x1, sign, phi, r, result):
        for i in range(len(phi)):
            u = math.sin(phi[i]) * x0 + math.cos(phi[i]) * x1
            a_phi = math.cos(phi[i]) * x0 - math.sin(phi[i]) * x1
            for j in numba.prange(len(r)):
                values = cell(u, a_phi, sign, r[j])
                for f in range(8):
                    result[f, i, j] = values[f]

    def compute(samples, phi, r):
        result = np.empty((len(FIELDS), len(phi), len(r)))
        grid(samples.x0, samples.x1, 1.0 - 2.0 * samples.y, phi, r, result)
        return result

    return Peer("numba", "loops over cells and samples, parallel", numba.__version__, compute, options.rows_numba)


PEERS = {"numpy": numpy_peer, "numba": numba_peer, "torch": torch_peer, "jax": jax_peer}


def find_peers(options):
    """The peers that can be had, and {name: why not} of the others."""
    peers, missing = [], {}
    for name in options.peers:
        if importlib.util.find_spec(name) is None:
            missing[name] = "not installed"
            continue
        try:
            peers.append(PEERS[name](options))
        except Exception as error:  # whatever a half-installed package raises
            missing[name] = f"does not work: {(str(error).splitlines() or [type(error).__name__])[0]}"
    return peers, missing


# --- fishergrid -------------------------------------------------------------------------------------------------------


def run_fishergrid(options, *arguments):
    """Standard output of `fishergrid ARGUMENTS`."""
    command = [options.program, *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failure(f"{options.program}: {error.strerror}; build it or say --program PATH") from None
    if done.returncode != 0:
        lines = done.stderr.splitlines() or [f"ended with status {done.returncode}"]
        raise Failure(lines[-1].removeprefix("fishergrid "))
    return done.stdout


def data_name(data):
    """A, or NAME of NAME=FILE.csv."""
    return data.split("=", 1)[0]


def read_small_sweep(options, data):
    """Samples, phi, r and [8, phi, r] fields of fishergrid for CHECKED cells of the whole range."""
    name = data_name(data)
    with tempfile.TemporaryDirectory(prefix="fishergrid-peers-") as directory:
        path = Path(directory) / "small.h5"
        grid = ["--phi", CHECKED[0], "--r", CHECKED[1], "--samples-per-class", options.samples_per_class]
        run_fishergrid(options, "sweep", "-q", "--data", data, *grid, "-o", path)
        with h5py.File(path, "r") as file:
            x0, x1, y = (file[f"entry/samples_{name}/{column}"][()] for column in ("x0", "x1", "y"))
            fields = np.array([file[f"entry/{name}/{of}"][()] for of in FIELDS])
            return Samples(x0, x1, y.astype(float)), file["phi"][()], file["r"][()], fields


def time_fishergrid(options, data):
    """{case: seconds} of one round of `fishergrid bench sweep`."""
    grid = ["--phi", options.phi, "--r", options.r, "--samples-per-class", options.samples_per_class]
    where = ["--threads", options.threads, "--directory", options.directory]
    text = run_fishergrid(options, "bench", "sweep", "--json", "--data", data, *grid, *where, "-n", 1)
    bench = json.loads(text)
    return {case["name"]: case["seconds"][0] for case in bench["result"]["cases"]}, bench["machine"]


# --- values -----------------------------------------------------------------------------------------------------------


def largest_difference(values, expected):
    """Of the largest value of the field in the row, over all fields [field, phi, r]; NaN counts as infinite."""
    scale = np.abs(expected).max(axis=2, keepdims=True)
    difference = np.abs(values - expected) / np.where(scale > 0, scale, 1)
    return float(np.nan_to_num(difference, nan=np.inf).max())


def check_peers(options, peers):
    """Samples of each data set, and {data: {peer: largest difference}} from fishergrid's values."""
    samples, differences = {}, {}
    for data in options.data:
        name = data_name(data)
        samples[name], phi, r, expected = read_small_sweep(options, data)
        differences[name] = {}
        for peer in peers:
            difference = largest_difference(peer.compute(samples[name], phi, r), expected)
            differences[name][peer.name] = difference
            if not difference <= TOLERANCE:
                raise Failure(f"{peer.name} differs from fishergrid by {difference:.1e} of a field of data set {name}")
    return samples, differences


# --- time -------------------------------------------------------------------------------------------------------------


def grid_rows(options, rows):
    """`rows` values of phi spread over the grid's."""
    phi = np.linspace(*PHI_RANGE, options.phi)
    return phi[np.linspace(0, options.phi - 1, min(rows, options.phi)).round().astype(int)]


def time_peer(options, peer, samples):
    phi, r = grid_rows(options, peer.rows), np.linspace(*R_RANGE, options.r)
    start = time.perf_counter()
    peer.compute(samples, phi, r)
    return time.perf_counter() - start


def prepare_timings(options, peers, samples):
    """{(data, name): Timing} without seconds; fishergrid's come first."""
    timings = {}
    for data, of_data in samples.items():
        cells = options.phi * options.r
        timings[data, "compute"] = Timing(data, "fishergrid compute", "all fields", cells, len(of_data))
        timings[data, "file"] = Timing(data, "fishergrid file", "computed and in a file", cells, len(of_data))
        for peer in peers:
            cells = min(peer.rows, options.phi) * options.r
            timings[data, peer.name] = Timing(data, peer.name, peer.meaning, cells, len(of_data))
    return timings


def time_all(options, peers, samples):
    """Timings of all rounds, and what fishergrid says of the machine. A first run of each peer does not count."""
    timings, machine = prepare_timings(options, peers, samples), None
    for peer in peers:
        for of_data in samples.values():
            time_peer(options, peer, of_data)
    for _ in range(options.repetitions):
        for data in options.data:
            name = data_name(data)
            seconds, machine = time_fishergrid(options, data)
            for case in ("compute", "file"):
                timings[name, case].seconds.append(seconds[case])
            for peer in peers:
                timings[name, peer.name].seconds.append(time_peer(options, peer, samples[name]))
    return list(timings.values()), machine


# --- output -----------------------------------------------------------------------------------------------------------


def summarize(timing, compute):
    """The dictionary of one line; ratios are of the time per cell, to `fishergrid compute` of the same data set."""
    line = {"data": timing.data, "name": timing.name, "meaning": timing.meaning}
    line |= {"cells": timing.cells, "samples": timing.samples, "seconds": timing.seconds}
    for name, of in (("minimum", min), ("median", statistics.median)):
        ns = 1e9 * of(timing.seconds) / timing.cells
        reference = 1e9 * of(compute.seconds) / compute.cells
        line[name] = {
            "seconds": of(timing.seconds),
            "seconds_of_grid": 1e-9 * ns * compute.cells,
            "ns_per_cell": ns,
            "ns_per_cell_sample": ns / timing.samples,
            "ratio": ns / reference,
        }
    return line


def summarize_all(timings):
    compute = {timing.data: timing for timing in timings if timing.name == "fishergrid compute"}
    return [summarize(timing, compute[timing.data]) for timing in timings]


def short(number):
    """Three digits or more in at most nine characters."""
    return f"{number:.0f}" if 1e3 <= number < 1e8 else f"{number:.3g}"


def print_table(options, lines):
    """A line each; every pair is minimum and median."""
    heads = ["seconds", "s whole grid", "ns/cell", "ns/cell-sample", "x fishergrid"]
    keys = ["seconds", "seconds_of_grid", "ns_per_cell", "ns_per_cell_sample", "ratio"]
    print(f"{'':<5}{'':<20}{'cells':>10}", *(f"{head:>19}" for head in heads))
    print(f"{'':<5}{'':<20}{'':>10}", *(f"{'min':>9} {'median':>9}" for _ in heads))
    for line in lines:
        pairs = (f"{short(line['minimum'][key]):>9} {short(line['median'][key]):>9}" for key in keys)
        print(f"{line['data']:<5}{line['name']:<20}{line['cells']:>10}", *pairs)
    print(f"Minimum and median over the rounds ({options.repetitions}). The peers compute only so many cells, some")
    print(f"rows of phi; their time is scaled per cell-sample to the whole grid of {options.phi} x {options.r} cells.")


def print_text(options, peers, missing, differences, lines):
    for data, of_data in differences.items():
        found = ", ".join(f"{name} {difference:.1e}" for name, difference in of_data.items())
        print(f"data set {data}: largest difference from fishergrid: {found} (tolerance {TOLERANCE:g})")
    for name, reason in missing.items():
        print(f"{name}: {reason}")
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in peers)
    print(f"{options.threads} threads, Python {platform.python_version()}, {versions}")
    print_table(options, lines)


def to_json(options, peers, missing, differences, lines, machine):
    return {
        "machine": machine,
        "python": platform.python_version(),
        "threads": options.threads,
        "phi": options.phi,
        "r": options.r,
        "peers": [{"name": peer.name, "version": peer.version, "rows": min(peer.rows, options.phi)} for peer in peers],
        "missing": missing,
        "tolerance": TOLERANCE,
        "differences": differences,
        "results": lines,
    }


# --- the command ------------------------------------------------------------------------------------------------------


def count(text):
    """A whole number above zero."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def read_options():
    program = Path(__file__).resolve().parent.parent / "build/release/fishergrid"
    parser = argparse.ArgumentParser(description="Time fishergrid against NumPy, Numba, PyTorch and JAX.")
    add = parser.add_argument
    add("--program", metavar="PATH", default=str(program), help="fishergrid (default: the project's build/release)")
    add("--phi", metavar="N", type=count, default=4096, help="cells along phi (default 4096)")
    add("--r", metavar="M", type=count, default=4096, help="cells along r (default 4096)")
    add("--data", metavar="A|B|NAME=FILE.csv", action="append", help="data set, may be repeated (default A and B)")
    add("--samples-per-class", metavar="n", type=count, default=500, help="of A and B (default 500)")
    add("--rows", metavar="N", type=count, default=4, help="rows of phi the peers compute (default 4)")
    add("--rows-numba", metavar="N", type=count, default=16, help="rows of phi that Numba computes (default 16)")
    every = ",".join(PEERS)
    add("--peers", metavar="LIST", type=lambda text: text.split(","), default=list(PEERS), help=f"which of {every}")
    cores = len(os.sched_getaffinity(0))
    add("-t", "--threads", metavar="T", type=count, default=cores, help="default: all cores allowed")
    add("-n", "--repetitions", metavar="ROUNDS", type=count, default=7, help="rounds that count (default 7)")
    add("--directory", metavar="DIR", default=".", help="where fishergrid writes files and removes them (default .)")
    add("-j", "--json", action="store_true", help="print JSON instead of text")
    options = parser.parse_args()
    options.data = options.data or ["A", "B"]
    unknown = [name for name in options.peers if name not in PEERS]
    if unknown:
        near = script.suggestion(unknown[0], PEERS)
        parser.error(f"unknown peer '{unknown[0]}'{near or '; there are: ' + ', '.join(PEERS)}")
    return options


def main():
    options = read_options()
    try:
        peers, missing = find_peers(options)
        samples, differences = check_peers(options, peers)
        timings, machine = time_all(options, peers, samples)
    except Failure as error:
        return script.fail("peers", error, 1)
    lines = summarize_all(timings)
    if options.json:
        print(json.dumps(to_json(options, peers, missing, differences, lines, machine), indent=2))
    else:
        print_text(options, peers, missing, differences, lines)
    return 0


if __name__ == "__main__":
    script.run("peers", main)
