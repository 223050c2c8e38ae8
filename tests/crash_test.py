"""Tests sweeps that are killed at any moment, and damaged .part files. In every case, the same command finishes the
file, or refuses it and says why. A wrong result is never called complete.

The environment variables KILLS (default 60), FLIPS (240) and CUTS (30) set the numbers of kills and damages.
"""

import functools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

try:
    import numpy
except ImportError:
    numpy = None  # as h5py, without which nothing runs

import fishergrid_program as fishergrid

KILLS, FLIPS, CUTS = (int(os.environ.get(name, default)) for name, default in [("KILLS", 60), ("FLIPS", 240), ("CUTS", 30)])
# Hundreds of tiles in about a tenth of a second, whether samples are summed at cells or at nodes.
WORK = {
    "direct": ["--method", "direct", "--phi", "300", "--r", "300", "--tile", "600", "--samples-per-class", "150"],
    "chebyshev": ["--method", "chebyshev", "--phi", "600", "--r", "500", "--tile", "500", "--samples-per-class", "50"],
}
# As many tiles as rows, and some tenths of a second, for what shall still be running when it is looked at.
LONGER = [*WORK["direct"], "--tile", "300", "--samples-per-class", "3000"]
REMEDY = "repeat its command line to resume it, or start again with --force"
SMALL = ["--phi", "40", "--r", "50", "--tile", "50", "--samples-per-class", "20", "--threads", "1", "--method", "direct"]


# What changes the output, its name or its lock.
CALLS = ["fallocate", "ftruncate", "pwrite64", "fsync", "flock", "rename", "renameat2", "unlink"]


@functools.cache
def leftover():
    """Returns the .part file of a killed sweep of SMALL, about half of its tiles, and the contents of a whole file."""
    expected = fishergrid.reference(*SMALL, "-q")
    with tempfile.TemporaryDirectory(prefix="fishergrid-test-") as scratch:
        command = [fishergrid.PROGRAM, "sweep", *SMALL, "-q", "--force", "-o", "y.h5"]
        part = Path(scratch) / "y.h5.part"
        for number in range(1000):
            process = subprocess.Popen(command, cwd=scratch, env=fishergrid.environment())
            while process.poll() is None and not part.exists():
                pass
            time.sleep(number % 20 / 10000)
            process.kill()
            process.wait()
            if 20 <= fishergrid.tiles_done(part) <= 60:
                return part.read_bytes(), expected
            part.unlink(missing_ok=True)
    raise AssertionError("no sweep died half-way")


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
class CrashTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(time.time_ns() if "RANDOM" in os.environ else 1)

    def path(self, name):
        return self.directory / name

    def reference(self, options):
        """Returns the contents of the file of an uninterrupted run, and its time in seconds."""
        (self.path("reference")).mkdir()
        for _ in range(2):  # the first one warms up
            start = time.monotonic()
            self.succeed("sweep", *options, "-q", "--force", "-o", "x.h5", cwd=self.path("reference"))
            seconds = time.monotonic() - start
        return fishergrid.contents(self.path("reference") / "x.h5"), seconds

    def killed_run(self, options, seconds):
        """Starts the sweep and kills it after a random part of `seconds`. Returns whether it was still running."""
        command = [fishergrid.PROGRAM, "sweep", *options, "-q", "-o", "x.h5"]
        process = subprocess.Popen(command, cwd=self.directory, env=fishergrid.environment(), stderr=subprocess.PIPE)
        time.sleep(self.chance.uniform(0, seconds))
        process.kill()
        told = process.communicate()[1]
        self.assertIn(told, (b"", b"x.h5 is complete: nothing is left to do\n"))
        self.assertIn(process.returncode, (0, -9))
        return process.returncode == -9

    def check_leftover(self):
        """Checks that `info` can read the .part file, if there is one."""
        if self.path("x.h5.part").exists():
            done = fishergrid.run("info", "x.h5.part", "--json", cwd=self.directory)
            self.assertIn(done.returncode, (0, 1), done.stderr)

    def kill_and_continue(self, options, kills):
        """Kills sweeps, `kills` times in all, and resumes each until it ends by itself. Returns the number of kills."""
        expected, seconds = self.reference(options)
        killed = 0
        while killed < kills:
            limit = 1.1 * seconds
            while self.killed_run(options, limit):
                killed += 1
                limit *= 1.02  # or a machine that has become busy would never let one end
                if self.path("x.h5").exists() and not self.path("x.h5.lock").exists():
                    break  # it had done everything, and was about to exit
                if killed % 5 == 0:
                    self.check_leftover()
            self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)
            self.assertEqual({path.name for path in self.directory.iterdir()}, {"x.h5", "reference"})
            self.path("x.h5").unlink()
        return killed

    def test_killed_and_continued(self):
        for method, options in WORK.items():
            for threads in ("1", "2"):
                with self.subTest(method=method, threads=threads):
                    killed = self.kill_and_continue([*options, "--threads", threads], KILLS // 4)
                    print(f"{method}, {threads} threads: survived {killed} kills", flush=True)
                shutil.rmtree(self.path("reference"))

    def traced(self, *options):
        """Runs a sweep of SMALL under strace with `options`."""
        command = ["strace", "-f", "-qq", "-o", "trace", *options, fishergrid.PROGRAM, "sweep", *SMALL, "-q", "-o", "x.h5"]
        return subprocess.run(command, cwd=self.directory, env=fishergrid.environment(), capture_output=True, check=False)

    def test_killed_at_each_call(self):
        """strace kills the sweep at a system call that changes the output, its name or its lock: at up to 12 calls of
        each kind, from the first to the last."""
        if not fishergrid.can_trace():
            self.skipTest("strace is not installed, or this machine does not let us trace a process")
        done = self.traced("-e", f"trace={','.join(CALLS)}")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.path("x.h5").unlink()
        expected = fishergrid.reference(*SMALL, "-q")
        made = re.findall(r"(?m)^\d+ +(\w+)\(", self.path("trace").read_text())
        self.assertLessEqual({"fallocate", "fsync", "pwrite64"}, set(made))
        for name in CALLS:
            n = made.count(name)
            for k in sorted({1 + round(i * (n - 1) / 11) for i in range(12)} if n else ()):
                with self.subTest(f"{name} number {k} of {n}"):
                    done = self.traced("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={k}")
                    self.assertEqual((done.returncode, done.stderr), (-9, b""))
                    self.check_leftover()
                    done = fishergrid.run("sweep", *SMALL, "-q", "-o", "x.h5", cwd=self.directory)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)
                    self.assertEqual({path.name for path in self.directory.iterdir()}, {"x.h5", "trace"})
                    self.path("x.h5").unlink()

    def test_no_more_is_lost_than_tiles_in_flight(self):
        """The process is stopped for the check. Each thread may be between the last value of a tile and its mark."""
        for threads in (1, 2):
            process = fishergrid.start_sweep(self.directory, *LONGER, "-t", threads, tiles=20)
            with fishergrid.paused(process):
                marked = fishergrid.tiles_done(self.path("x.h5.part"))
                with fishergrid.h5py.File(self.path("x.h5.part"), "r") as file:
                    flags = [file[f"natural_gradient_flag_{name}"][()] for name in "AB"]  # the last field of a tile
                process.kill()
            process.communicate()
            computed = sum(int((values != 0).all(axis=1).sum()) for values in flags)  # a tile a row
            self.assertTrue(marked <= computed <= marked + threads, (marked, computed))
            done = fishergrid.run("sweep", *LONGER, "-t", threads, "-o", "x.h5", cwd=self.directory)
            self.assertIn(f": {marked} of 600 tiles are done".encode(), done.stderr)
            self.path("x.h5").unlink()

    def test_the_same_bytes_in_the_whole_file(self):
        """Compares a resumed sweep with an uninterrupted one: all bytes but times and the checksum of the metadata."""
        command = ["sweep", *LONGER, "-o", "x.h5"]
        (self.path("reference")).mkdir()
        self.succeed(*command, "-q", cwd=self.path("reference"))
        process = fishergrid.start_sweep(self.directory, *LONGER, tiles=5)
        process.kill()
        process.communicate()
        done = fishergrid.run(*command, "-q", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        expected, found = (self.without_seconds(path) for path in (self.path("reference") / "x.h5", self.path("x.h5")))
        self.assertEqual(len(found), len(expected))
        self.assertLess(sum(a != b for a, b in zip(expected, found)), 128)

    @staticmethod
    def without_seconds(path):
        """Returns the bytes of the file without the seconds, whose number of digits varies; zeros replace them."""
        taken_out = lambda found: found[1] + found[3] + bytes(len(found[2]))
        return re.sub(rb'("seconds": )([^,]*)(,[^\0]*)', taken_out, path.read_bytes())

    def continue_damaged(self, damaged, expected):
        """Checks that a sweep refuses the damaged file without a change, or finishes it. Returns whether it refuses."""
        self.path("x.h5.part").write_bytes(damaged)
        done = fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory)
        if done.returncode == 0:
            self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)
            self.path("x.h5").unlink()
        else:
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr.decode(), r"\Afishergrid sweep: x\.h5\.part [^\n]*\n\Z")
            self.assertEqual(self.path("x.h5.part").read_bytes(), damaged)
        return done.returncode == 2

    def test_flipped_bytes(self):
        """Half of the flips are anywhere, half outside the fields: in the structure, the axes, samples and marks. They
        are spread evenly, one in each stretch of equal length."""
        part, expected = leftover()
        self.path("x.h5.part").write_bytes(part)
        with fishergrid.h5py.File(self.path("x.h5.part"), "r") as file:
            fields = [(d.id.get_offset(), d.nbytes) for d in file.values() if getattr(d, "ndim", 0) == 2]
        elsewhere = [at for at in range(len(part)) if not any(at - first in range(n) for first, n in fields)]
        refused = 0
        for flip in range(FLIPS):
            places = elsewhere if flip % 2 else range(len(part))
            at = places[int((flip // 2 + self.chance.random()) / (FLIPS / 2) * len(places))]
            damaged = bytearray(part)
            damaged[at] ^= self.chance.randrange(1, 256)
            with self.subTest(at=at):
                refused += self.continue_damaged(bytes(damaged), expected)
        print(f"{FLIPS} flips: {refused} refused, {FLIPS - refused} continued to the right end", flush=True)

    def test_truncated(self):
        part, expected = leftover()
        refused = 0
        for length in [0, 1, 8, 2048, len(part) - 1, *(self.chance.randrange(len(part)) for _ in range(CUTS))]:
            with self.subTest(length=length):
                refused += self.continue_damaged(part[:length], expected)
        print(f"{CUTS + 5} truncations: {refused} refused", flush=True)
        self.assertGreater(refused, CUTS // 2)

    def test_other_configurations(self):
        """A sweep that computes something else is refused, with the option that differs. Other options may change."""
        part, expected = leftover()
        self.path("a.csv").write_text("x0,x1,y\n1,1,0\n")
        self.path("b.csv").write_text("x0,x1,y\n" + "1,1,0\n" * 40)  # as many as there were
        self.path("x.h5.part").write_bytes(part)
        for option, words in [
            (["--seed", "1"], r"seed 0, this is 1 \(--seed\)"),
            (["--spread", "1"], r"spread 0\.(3|29\d*), this is 1 \(--spread\)"),
            (["--samples-per-class", "10"], r"samples_per_class 20, this is 10 \(--samples-per-class\)"),
            (["--phi", "41"], r"phi_cells 40, this is 41 \(--phi\)"),
            (["--r", "49"], r"r_cells 50, this is 49 \(--r\)"),
            (["--phi-range=0.5:6"], r"phi_low 0, this is 0\.5 \(--phi-range\)"),
            (["--r-range=-5:6"], r"r_high 5, this is 6 \(--r-range\)"),
            (["--fields", "loss"], r"fields loss,[a-z_,]*(\.\.\.)?, this is loss \(--fields\)"),
            (["--method", "auto"], r"method direct, this is auto \(--method\)"),
            (["--damping", "0.5"], r"damping 0, this is 0\.5 \(--damping\)"),
            (["--reduction", "mean"], r"reduction sum, this is mean \(--reduction\)"),
            (["--tile", "100"], r"tile_cells 50, this is 100 \(--tile\)"),
            (["--part", "1/2"], r"part 0, this is 1 \(--part\)"),
            (["--data", "A"], r"data A,B, this is A \(--data\)"),
            (["--data", "A", "--data", "B=a.csv"], r"samples_of_B 40, this is 1 \(--data\)"),
            (["--data", "A", "--data", "B=b.csv"], r"other samples of B"),
        ]:
            with self.subTest(option=option):
                done = fishergrid.run("sweep", *SMALL, *option, "-o", "x.h5", cwd=self.directory)
                self.assertEqual(done.returncode, 2)
                line = rf"fishergrid sweep: x\.h5\.part was begun with ({words}); {REMEDY}\n"
                self.assertRegex(done.stderr.decode(), rf"\A{line}\Z")
                self.assertEqual(self.path("x.h5.part").read_bytes(), part)
        kernels = [name for name, runs in fishergrid.instruction_sets() if runs]
        for kernel in kernels[:-1]:  # all but the one that is taken by default
            done = fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory, env={"FISHERGRID_ISA": kernel})
            self.assertEqual((done.returncode, self.path("x.h5.part").read_bytes() == part), (2, True))
            words = rf"kernel \w+, this is {kernel}( \([^)]*\))?"
            self.assertRegex(done.stderr.decode(), rf"x\.h5\.part was begun with {words}; {REMEDY}\n\Z")
        same = ["--threads", "3", "--tile", "99", "--progress", "never"]  # tiles of as many rows
        done = fishergrid.run("sweep", *SMALL, *same, "-o", "x.h5", cwd=self.directory)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr.decode(), r"\Aresuming x\.h5\.part: \d+ of 80 tiles are done\n\Z")
        found = fishergrid.contents(self.path("x.h5"))
        differing = {name for name in expected if found[name] != expected[name]}
        recorded = {f"entry/provenance/parameters/{name}" for name in ("threads", "config_json", "command_line")}
        self.assertLessEqual(differing, recorded)

    def test_marks_of_another_setup(self):
        """Values and marks of another sweep fit each other, but not the setup: all tiles are computed again."""
        part, expected = leftover()
        self.succeed("sweep", *SMALL, "--seed", "1", "-q", "-o", "other.h5")
        self.path("x.h5.part").write_bytes(part)
        with fishergrid.h5py.File(self.path("x.h5.part"), "r+") as file, fishergrid.h5py.File(self.path("other.h5")) as other:
            fields = [name for name in other if name.endswith(("_A", "_B"))]
            marks = [f"entry/tiles_{data}/{name}" for data in "AB" for name in other[f"entry/tiles_{data}"]]
            for name in fields + marks:
                file[name][()] = other[name][()]
        self.assertEqual(fishergrid.tiles_done(self.path("x.h5.part")), 80)
        done = fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"80 tiles of x.h5.part had changed since they were written, and were computed again", done.stderr)
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    # --- other programs

    WRITER = "import h5py, sys; h5py.File(sys.argv[1], 'r+').attrs['mine'] = 1"

    VALUES = "import h5py, sys; h5py.File(sys.argv[1], 'r+')['{}'][...] = 7"

    def write_with_h5py(self, name, locking, writer=WRITER):
        """Runs another program that sets an attribute, or the program `writer`."""
        command = [sys.executable, "-c", writer, name]
        env = fishergrid.environment(HDF5_USE_FILE_LOCKING=locking)
        return subprocess.run(command, cwd=self.directory, env=env, capture_output=True, text=True, check=False)

    def test_a_second_writer_is_kept_out(self):
        """Readers can open the file at the same time."""
        for continued in (False, True):
            process = fishergrid.start_sweep(self.directory, *LONGER, tiles=5)
            with fishergrid.paused(process):
                self.assertIn("unable to lock file", self.write_with_h5py("x.h5.part", "TRUE").stderr)
                self.assertGreater(fishergrid.tiles_done(self.path("x.h5.part")), 0)
                self.assertIn(b"NOT COMPLETE", fishergrid.run("info", "x.h5.part", cwd=self.directory).stdout)
                if not continued:
                    process.kill()
            told = process.communicate()[1]
        self.assertEqual((process.returncode, told), (0, b""))
        self.succeed("verify", "--cells", "10", "x.h5")

    def test_a_second_writer_without_locks_is_noticed(self):
        """The file is not marked complete; the same command completes it."""
        process = fishergrid.start_sweep(self.directory, *LONGER, tiles=5)
        with fishergrid.paused(process):
            self.assertEqual(self.write_with_h5py("x.h5.part", "FALSE").stderr, "")
        told = process.communicate()[1].decode()
        self.assertEqual((process.returncode, self.path("x.h5").exists()), (1, False))
        self.assertRegex(told, r"\Afishergrid sweep: x\.h5\.part was changed by another program [^\n]*same command again[^\n]*\n\Z")
        done = fishergrid.run("sweep", *LONGER, "-q", "-o", "x.h5", cwd=self.directory)
        self.assertEqual(done.stderr, b"x.h5.part was changed by another program; what it added is not kept\n")
        self.succeed("verify", "--cells", "10", "x.h5")

    def test_values_of_a_second_writer_are_noticed(self):
        """The same command computes changed tiles again. The values of an axis are written again at the end."""
        for name, code in (("loss_A", 1), ("phi", 0)):
            process = fishergrid.start_sweep(self.directory, *LONGER, "--force", tiles=5)
            with fishergrid.paused(process):
                self.assertEqual(self.write_with_h5py("x.h5.part", "FALSE", self.VALUES.format(name)).stderr, "")
            told = process.communicate()[1].decode()
            self.assertEqual((process.returncode, self.path("x.h5").exists()), (code, code == 0), told)
            if code:
                self.assertRegex(told, r"tiles that it changed will be computed again;[^\n]*to resume\n\Z")
                self.succeed("sweep", *LONGER, "-q", "-o", "x.h5")
            self.succeed("verify", "--cells", "10", "x.h5")
            self.path("x.h5").unlink()

    def test_what_is_left_cannot_be_continued(self):
        """The message says what to do. If the file was unlinked, there is nothing to keep."""
        part, other = self.path("x.h5.part"), self.path("other.h5")
        self.succeed("sweep", *SMALL, "--seed", "7", "-q", "-o", other)
        jam = ["h5jam", "-i", part, "-u", __file__]
        changes = {
            "empty": lambda: os.truncate(part, 0),
            "cut": lambda: os.truncate(part, 1000),
            "another text": lambda: (part.unlink(), part.write_text("mine")),
            "another setup": lambda: other.rename(part),
            "h5jam": lambda: subprocess.run(jam, check=True) if shutil.which("h5jam") else os.truncate(part, 0),
            "a link": lambda: (part.unlink(), part.symlink_to("nowhere")),
        }
        for name, change in changes.items():
            with self.subTest(name):
                process = fishergrid.start_sweep(self.directory, *LONGER, tiles=5)
                with fishergrid.paused(process):
                    change()
                    process.terminate()
                self.assertRegex(process.communicate()[1].decode(), r"x\.h5\.part can no longer be resumed[^\n]*\n\Z")
                self.assertEqual(fishergrid.run("sweep", *LONGER, "-o", "x.h5", cwd=self.directory).returncode, 2)
                if name == "a link":
                    part.unlink()
                self.succeed("sweep", *SMALL, "-q", "--force", "-o", "x.h5")
                self.path("x.h5").unlink()

    def test_a_file_that_another_program_writes(self):
        """The sweep resumes only after the other program has closed the file."""
        part, _ = leftover()
        self.path("x.h5.part").write_bytes(part)
        with fishergrid.h5py.File(self.path("x.h5.part"), "r+"):
            done = fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory)
        line = b"fishergrid sweep: x.h5.part is open for writing in another program; close it there and run this again\n"
        self.assertEqual((done.returncode, done.stderr), (2, line))
        self.assertEqual(self.path("x.h5.part").read_bytes()[48:], part[48:])  # all but what HDF5 writes when it opens
        self.succeed("sweep", *SMALL, "-q", "-o", "x.h5")

    def test_additions_to_a_leftover(self):
        """Additions of any kind are lost, and a message says so."""
        part, expected = leftover()
        additions = {
            "attribute": lambda file: file.attrs.__setitem__("mine", "hello"),
            "attribute of a field": lambda file: file["loss_A"].attrs.__setitem__("mine", 1.5),
            "dataset": lambda file: file.__setitem__("entry/mine", numpy.arange(1000)),
            "group": lambda file: file.create_group("mine"),
            "another value": lambda file: file["entry/title"].__setitem__((), b"mine"),
            "nothing": lambda file: None,
        }
        for name, add in additions.items():
            with self.subTest(name):
                self.path("x.h5.part").write_bytes(part)
                with fishergrid.h5py.File(self.path("x.h5.part"), "r+") as file:
                    add(file)
                done = fishergrid.run("sweep", *SMALL, "-q", "-o", "x.h5", cwd=self.directory)
                line = b"" if name == "nothing" else b"x.h5.part was changed by another program; what it added is not kept\n"
                self.assertEqual((done.returncode, done.stderr), (0, line))
                self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)
                self.path("x.h5").unlink()

    # --- losses of power

    def test_a_lock_without_text(self):
        """A loss of power leaves an empty lock, beside an unfinished or a finished file."""
        part, expected = leftover()
        for text in (b"", bytes(18), b"host"):
            with self.subTest(text=text):
                self.path("x.h5.part").write_bytes(part)
                for line in (b"", b"x.h5 is complete: nothing is left to do\n"):
                    self.path("x.h5.lock").write_bytes(text)
                    done = fishergrid.run("sweep", *SMALL, "-q", "-o", "x.h5", cwd=self.directory)
                    self.assertEqual((done.returncode, done.stderr), (0, line))
                self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)
                self.assertFalse(self.path("x.h5.lock").exists())
                self.path("x.h5").unlink()

    def test_metadata_half_written(self):
        """The power failed while a sweep was being resumed. Only the same command resumes it; others change nothing."""
        part, expected = leftover()
        self.path("x.h5.part").write_bytes(part)
        with fishergrid.h5py.File(self.path("x.h5.part")) as file:
            first = file["phi"].id.get_offset()
        torn = part[:100] + bytes(first - 100) + part[first:]
        self.path("x.h5.part").write_bytes(torn)
        self.path("x.h5.lock").write_bytes(f"host {os.uname().nodename}\npid 1\n".encode())
        for _ in range(2):
            done = fishergrid.run("sweep", *SMALL, "--damping", "1", "-o", "x.h5", cwd=self.directory)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"x.h5.part belongs to a sweep that stopped while it was being resumed", done.stderr)
            self.assertEqual(self.path("x.h5.part").read_bytes(), torn)
        self.assertEqual(fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory).returncode, 0)
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    # --- damage

    def test_force_starts_afresh(self):
        part, expected = leftover()
        self.path("x.h5.part").write_bytes(part)
        done = fishergrid.run("sweep", *SMALL, "--force", "-o", "x.h5", cwd=self.directory)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    def test_damaged_tiles_are_computed_again_and_said_so(self):
        part, expected = leftover()
        self.path("x.h5.part").write_bytes(part)
        with fishergrid.h5py.File(self.path("x.h5.part"), "r+") as file:
            tile = int((file["entry/tiles_A/checksum"][()] != 0).nonzero()[0][0])
            file["loss_A"][tile, 0] += 1e-9
        done = fishergrid.run("sweep", *SMALL, "-o", "x.h5", cwd=self.directory)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"1 tile of x.h5.part had changed", done.stderr)
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)


if __name__ == "__main__":
    fishergrid.main()
