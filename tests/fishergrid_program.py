"""What the whole-program tests share: running the program under test, scratch directories, and their `main`.

A test file is called as

    python3 tests/X_test.py PATH_TO_FISHERGRID [UNITTEST OPTION...]
"""

import atexit
import contextlib
import functools
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

try:
    import h5py
except ImportError:
    h5py = None

PROGRAM = None
READERS = Path(__file__).resolve().parent.parent / "build/readers"  # see more_readers.sh
FIELDS = [
    "loss",
    "fisher_phi_phi",
    "fisher_r_phi",
    "fisher_r_r",
    "gradient_phi",
    "gradient_r",
    "natural_gradient_phi",
    "natural_gradient_r",
    "natural_gradient_flag",
]
GEOMETRY = [  # the group of that name
    "hessian_phi_phi",
    "empirical_fisher_phi_phi",
    "empirical_fisher_r_phi",
    "empirical_fisher_r_r",
    "newton_phi",
    "newton_r",
    "fisher_eigenvalue_max",
    "fisher_eigenvalue_min",
    "fisher_eigenvector_angle",
    "fisher_condition",
    "fisher_volume",
    "natural_gradient_norm",
    "fisher_curvature",
    "newton_flag",
    "curvature_flag",
]
# A sweep of minutes in a file of some megabytes: whoever starts it stops it.
SLOW = ["--method", "direct", "--phi", "300", "--r", "300", "--samples-per-class", "200000", "--threads", "1", "-q"]
# What of a file says when, in how long and by which words it was made.
OF_THE_RUN = re.compile(r"(time|date|history|summary_json|command_line)$")
# What a person's shell may have set and what changes results or messages.
UNWANTED = ("FISHERGRID_", "OMP_", "LC_", "LANG", "HDF5_", "SLURM_CPUS_PER_TASK")


def environment(**changes):
    """Returns the environment without variables that change the program, then with `changes`; None removes a variable.
    Waiting threads leave their cores to others, because several tests run at once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    kept["OMP_WAIT_POLICY"] = "passive"
    kept.update(changes)
    return {name: value for name, value in kept.items() if value is not None}


def run(*arguments, env=None, **options):
    """Runs `fishergrid ARGUMENTS`; the result has returncode, stdout and stderr as bytes."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 120, **options}
    command = [PROGRAM, *(a if isinstance(a, bytes) else str(a) for a in arguments)]
    return subprocess.run(command, env=environment(**(env or {})), check=False, **options)


def start_sweep(directory, *options, output="x.h5", tiles=0, **more):
    """Starts a sweep in `directory`. Returns its process once OUTPUT.part exists and `tiles` more tiles are done."""
    command = [PROGRAM, "sweep", *map(str, options), "-q", "-o", output]
    more = {"env": environment(), **more}
    part = Path(directory) / f"{output}.part"
    tiles += tiles_done(part) if tiles else 0
    process = subprocess.Popen(command, cwd=directory, stderr=subprocess.PIPE, **more)
    atexit.register(process.kill)  # or one that a failed test leaves goes on for minutes
    wait_until(process, part.exists)
    if tiles:
        wait_until(process, lambda: tiles_done(part) >= tiles)
    return process


def wait_until(process, condition):
    """Waits until the condition is true, which `process` should achieve."""
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"it ended too early: {process.communicate()[1]}")
        time.sleep(0.002)


def tiles_done(part):
    """Returns the number of finished tiles of all data sets; 0 if there is no file yet."""
    try:
        with h5py.File(part, "r") as file:
            marks = [file[f"entry/{name}/checksum"][()] for name in file["entry"] if name.startswith("tiles_")]
            return sum(int((checksums != 0).sum()) for checksums in marks)
    except OSError:
        return 0


@contextlib.contextmanager
def paused(process):
    """Stops the process within the `with` block."""
    process.send_signal(signal.SIGSTOP)
    # Its threads run on until the one that takes the signal gets a processor; the kernel tells when the last one stands.
    state = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    if state.si_code != os.CLD_STOPPED:
        raise AssertionError(f"it ended too early: {process.communicate()[1]}")
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def contents(path):
    """Returns {name: bytes} of every dataset and attribute except times, and {name: target} of links."""
    found = {}

    def visit(name, node):
        for key, value in node.attrs.items():
            if not isinstance(value, h5py.Reference) and key not in ("REFERENCE_LIST", "DIMENSION_LIST"):
                found[f"{name}@{key}"] = bytes_of(value)
        if isinstance(node, h5py.Dataset):
            found[name] = bytes_of(node[()])
            return
        for child in node:
            link = node.get(child, getlink=True)
            if isinstance(link, h5py.SoftLink):
                found[f"{node.name}/{child}"] = link.path

    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)
    return {name: value for name, value in found.items() if not OF_THE_RUN.search(name)}


@functools.cache
def reference(*options):
    """Returns the contents of the file of an undisturbed sweep."""
    with tempfile.TemporaryDirectory(prefix="fishergrid-test-") as scratch:
        done = run("sweep", *options, "-o", "x.h5", cwd=scratch)
        if (done.returncode, done.stderr) != (0, b""):
            raise AssertionError(f"{options}: {done.stderr}")
        return contents(Path(scratch) / "x.h5")


def bytes_of(value):
    """Returns the bytes of a value that h5py has read."""
    return value if isinstance(value, (bytes, str)) or not hasattr(value, "tobytes") else value.tobytes()


def can_trace():
    """Returns whether strace is installed and permitted."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "true"]
    return shutil.which("strace") is not None and subprocess.run(command, check=False).returncode == 0


def instruction_sets():
    """Returns [(name, whether this processor runs it)] of all kernels."""
    sets = ["baseline", "avx2", "avx512"]
    cell = ["point", "--phi", "0", "--r", "0", "--samples-per-class", "1"]
    return [(name, run(*cell, env={"FISHERGRID_ISA": name}).returncode == 0) for name in sets]


class ProgramTest(unittest.TestCase):
    """A test with a scratch directory of its own."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-test-")
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name).resolve()

    def succeed(self, *arguments, **options):
        """Runs in the scratch directory. Asserts success and an empty standard error. Returns standard output."""
        done = run(*arguments, **{"cwd": self.directory, **options})
        self.assertEqual((done.returncode, done.stderr), (0, b""), f"{arguments}")
        return done.stdout.decode()

    def on_a_terminal(self, *arguments, stream="stdout", until=None, env=None):
        """Returns what a run prints on `stream`, which is a terminal, up to its end or to the text `until`."""
        terminal, end = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=self.directory,
            env=environment(**(env or {})),
            **{"stdout": subprocess.DEVNULL, "stderr": None, stream: end},
        )

        def mark_the_end():  # a terminal that the last writer has closed may lose what was not read yet
            process.wait()
            os.write(end, b"\0")

        threading.Thread(target=mark_the_end).start()
        said = b""
        while not said.endswith(b"\0"):
            said += os.read(terminal, 4096)
            if until and until in said:
                process.kill()
        os.close(end)
        os.close(terminal)
        self.assertEqual(process.wait(), -signal.SIGKILL if until else 0)
        return said[:-1].decode()

    def succeed_json(self, *arguments, **options):
        return json.loads(self.succeed(*arguments, "--json", **options))


def main():
    global PROGRAM
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {sys.argv[0]} PATH_TO_FISHERGRID [UNITTEST OPTION...]")
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)  # behind nohup, or in the background of a script, some are ignored
    unittest.main(module="__main__")
